#include "gateway/control/list_fetcher.hpp"

#include <algorithm>
#include <filesystem>
#include <new>

#include <boost/asio/co_spawn.hpp>

#include "gateway/base/file.hpp"
#include "gateway/base/timer.hpp"
#include "gateway/control/say.hpp"

namespace sluice::control {
namespace {

constexpr const char* kNotYet = "it was not fetched yet";
constexpr auto kLongestRetry = std::chrono::seconds(600);

std::string take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string line(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

ListFetcher::~ListFetcher() {
  *is_alive_ = false;
  if (services_ != nullptr) { services_->close(); }
}

void ListFetcher::start(asio::io_context& context, FetchOptions options) {
  services_ = std::make_shared<FetchServices>(context, options);
}

void ListFetcher::trust(std::string file) {
  services_->options.trust = std::move(file);
}

policy::ListDeclaration ListFetcher::local(const policy::ListDeclaration& list) const {
  policy::ListDeclaration there = list;
  if (list.is_url()) {
    there.path = content_file(list.name);
    there.refresh = 0;
  }
  return there;
}

ListFetcher::State& ListFetcher::state_of(const policy::ListDeclaration& list) {
  State& state = states_[list.name];
  if (state.url != list.path) { state = {.url = list.path, .alarm = kNotYet, .due = {}}; }
  return state;
}

bool ListFetcher::is_due(const policy::ListDeclaration& list) const {
  if (!list.is_url()) { return false; }
  const auto known = states_.find(list.name);
  return known == states_.end() || known->second.url != list.path || known->second.due <= Clock::now();
}

bool ListFetcher::is_any_due(const std::vector<policy::ListDeclaration>& declared) const {
  return std::ranges::any_of(declared, [this](const auto& list) { return is_due(list); });
}

void ListFetcher::fetch(const std::vector<policy::ListDeclaration>& declared, bool must_all,
                        std::function<void()> done) {
  SLUICE_ASSERT(services_ != nullptr, "lists are fetched once the fetcher was started");
  // Called when the last coroutine lets go of it.
  const auto all = std::make_shared<std::function<void()>>(std::move(done));
  ++running_;
  for (const policy::ListDeclaration& list : declared) {
    if (list.is_url() && (must_all || is_due(list))) { begin(list, all); }
  }
  if (--running_ == 0) { (*all)(); }
}

void ListFetcher::begin(const policy::ListDeclaration& list, std::shared_ptr<std::function<void()>> done) {
  state_of(list).due = Clock::now() + std::chrono::seconds(list.refresh);
  ++running_;
  ++services_->fetches;
  const auto on_failure = say_failure_of("fetching a list");
  asio::co_spawn(services_->context, run(this, is_alive_, services_, list, std::move(done)), on_failure);
  if (std::exchange(services_->is_ticking, true)) { return; }
  asio::co_spawn(services_->context, tick(services_), on_failure);
}

Task<> ListFetcher::run(ListFetcher* fetcher, std::shared_ptr<bool> is_alive, std::shared_ptr<FetchServices> services,
                        policy::ListDeclaration list, std::shared_ptr<std::function<void()>> done) {
  std::expected<FetchedList, std::string> fetched;
  try {
    fetched = co_await fetch_list(services, list.path, fetcher->kept(list).value_or(ListValidators{}));
  } catch (const std::bad_alloc&) { fetched = std::unexpected(list.path + ": there is no memory for it"); }
  --services->fetches;
  if (!*is_alive) { co_return; }
  fetcher->end(list, std::move(fetched));
  if (--fetcher->running_ == 0) { (*done)(); }
}

// Fires the limits of what is being fetched.
Task<> ListFetcher::tick(std::shared_ptr<FetchServices> services) {
  Timer timer(services->context);
  while (services->fetches > 0) {
    timer.expires_after(TimerWheel::kTick);
    co_await timer.async_wait(use_task);
    services->wheel.advance(coarse_now());
  }
  services->is_ticking = false;
}

void ListFetcher::end(const policy::ListDeclaration& list, std::expected<FetchedList, std::string> fetched) {
  State& state = state_of(list);
  std::string alarm = fetched ? "" : fetched.error();
  if (fetched && !fetched->is_same) {
    if (const auto kept = keep(list, *fetched); !kept) { alarm = kept.error(); }
  }
  const auto refresh = std::chrono::seconds(list.refresh);
  state.due = Clock::now() + (alarm.empty() ? refresh : std::min<std::chrono::seconds>(refresh, kLongestRetry));
  if (alarm != state.alarm) {
    say("list " + list.name + ": " + (alarm.empty() ? "it was fetched" : alarm + "; what was fetched before stays"));
  }
  state.alarm = std::move(alarm);
}

// The validators of content that lies there, from this URL.
std::optional<ListValidators> ListFetcher::kept(const policy::ListDeclaration& list) const {
  const auto text = read_file(validators_file(list.name));
  std::error_code failed;
  if (!text || !std::filesystem::exists(content_file(list.name), failed)) { return std::nullopt; }
  std::string_view rest = *text;
  if (take_line(rest) != list.path) { return std::nullopt; }
  ListValidators validators;
  validators.etag = take_line(rest);
  validators.last_modified = take_line(rest);
  return validators;
}

// The validators go ahead of the content and come behind it, so that they are never of other content.
std::expected<void, std::string> ListFetcher::keep(const policy::ListDeclaration& list,
                                                   const FetchedList& fetched) const {
  const auto failure = [](const std::string& file, const std::error_code& why) {
    return std::unexpected(file + ": " + why.message());
  };
  std::error_code failed;
  std::filesystem::create_directories(directory_, failed);
  std::filesystem::remove(validators_file(list.name), failed);
  if (failed) { return failure(validators_file(list.name), failed); }
  if (const auto written = replace_file(content_file(list.name), fetched.content); !written) {
    return failure(content_file(list.name), written.error());
  }
  const auto& [etag, last_modified] = fetched.validators;
  const auto written = replace_file(validators_file(list.name), list.path + "\n" + etag + "\n" + last_modified + "\n");
  if (!written) { return failure(validators_file(list.name), written.error()); }
  return {};
}

std::string ListFetcher::alarm(const policy::ListDeclaration& list) const {
  if (!list.is_url()) { return {}; }
  const auto known = states_.find(list.name);
  const std::string alarm = known == states_.end() || known->second.url != list.path ? kNotYet : known->second.alarm;
  // What an earlier process fetched is in force until it is known to be old.
  return alarm == kNotYet && kept(list) ? "" : alarm;
}

}  // namespace sluice::control
