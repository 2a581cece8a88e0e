#include "gateway/control/list_keeper.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <malloc.h>

#include "gateway/base/timer.hpp"
#include "gateway/control/lists/edit_effect.hpp"
#include "gateway/control/lists/list_counts.hpp"
#include "gateway/control/milliseconds_since.hpp"
#include "gateway/control/say.hpp"

namespace sluice::control {
namespace {

constexpr auto kLook = std::chrono::seconds(2);
constexpr auto kQuiet = std::chrono::seconds(10);  // after the last edit, until they are compiled

void say_alarms(const std::vector<ListState>& before, const std::vector<ListState>& now) {
  for (const ListState& list : now) {
    const auto old = std::ranges::find(before, list.name, &ListState::name);
    const std::string was = old == before.end() ? "" : old->alarm;
    if (list.alarm == was) { continue; }
    say("list " + list.name + ": " + (list.alarm.empty() ? "its files are in force again" : list.alarm));
  }
}

}  // namespace

ListKeeper::ListKeeper(std::string directory)
    : library_(directory),
      fetcher_(directory),
      edits_(directory + "/edits"),
      lists_(std::make_shared<const policy::Lists>()) {}

ListKeeper::~ListKeeper() {
  *is_alive_ = false;
  pool_.reset();
}

ListKeeper::Result ListKeeper::build(ListLibrary& library, const std::vector<policy::ListDeclaration>& declared,
                                     bool accept_changes, const std::vector<ListEdit>& edits) {
  const auto start = Clock::now();
  auto built = library.build(declared, accept_changes, edits);
  return {std::move(built), milliseconds_since(start)};
}

std::shared_ptr<const policy::Lists> ListKeeper::load(const std::vector<policy::ListDeclaration>& declared) {
  declared_ = declared;
  seen_ = last_look_ = signature();
  built_at_ = Clock::now();
  ++shown_.builds_asked;
  if (const auto loaded = edits_.load(); !loaded) { say("lists: " + loaded.error() + "; none of them is in force"); }
  ++shown_.builds;
  end_build(build(library_, local(declared_), false, edits_.all()), edits_.all().size());
  // What compiling took goes back to the system. Not after later builds: it holds up whoever allocates meanwhile.
  if (!declared.empty()) { ::malloc_trim(0); }
  return lists_;
}

void ListKeeper::start(asio::io_context& context, FetchOptions options, Publish publish) {
  context_ = &context;
  fetcher_.start(context, std::move(options));
  publish_ = std::move(publish);
  pool_ = std::make_unique<ThreadPool>("lists", 1, 1);
  asio::co_spawn(context, watch(this, is_alive_), say_failure_of("lists"));
}

std::shared_ptr<const policy::Lists> ListKeeper::preview(const std::vector<policy::ListDeclaration>& declared) {
  if (preview_ && preview_->declared == declared && preview_->edits == edits_.all().size()) {
    return preview_->made.lists;
  }
  auto made = preview_lists(local(declared), edits_.all());
  for (ListProblem& problem : made.problems) {
    const auto list = std::ranges::find(declared, problem.list, &policy::ListDeclaration::name);
    std::string why = list == declared.end() ? "" : fetcher_.alarm(*list);
    if (problem.is_unread && !why.empty()) { problem.why = std::move(why); }
  }
  for (const ListProblem& problem : made.problems) { say(problem.text()); }
  preview_ = {declared, edits_.all().size(), std::move(made)};
  return preview_->made.lists;
}

std::vector<ListProblem> ListKeeper::problems(const std::vector<policy::ListDeclaration>& declared) {
  if (declared != declared_) {
    preview(declared);
    return preview_->made.problems;
  }
  auto problems = alarms();
  for (const ListState& state : shown_.lists) {
    if (std::string warning = warning_of(state.counts); !warning.empty()) {
      problems.push_back({state.name, std::move(warning)});
    }
  }
  return problems;
}

void ListKeeper::declare(const std::vector<policy::ListDeclaration>& declared) {
  auto preview = std::exchange(preview_, std::nullopt);
  if (declared == declared_) { return; }
  declared_ = declared;
  if (preview && preview->declared == declared) {
    lists_ = std::move(preview->made.lists);
    compiled_ = lists_->compiled();
    compiled_edits_ = preview->edits;
    shown_.lists = std::move(preview->made.states);
    shown_.octets = compiled_ == nullptr ? 0 : compiled_->sizes().octets;
  }
  if (pool_ != nullptr) { update(false); }
}

ListsUpdate ListKeeper::update(bool accept_changes) {
  accept_next_ = accept_next_ || accept_changes;
  ++shown_.builds_asked;
  if (std::ranges::any_of(declared_, &policy::ListDeclaration::is_url)) {
    fetch_and_build();
  } else if (!is_building_) {
    begin_build();
  }
  return {shown_.builds_asked};
}

void ListKeeper::fetch_and_build() {
  fetch_again_ = fetcher_.is_fetching();
  if (fetch_again_) { return; }
  fetcher_.fetch(declared_, true, [this] {
    if (!is_building_) { begin_build(); }
    fetched();
  });
}

void ListKeeper::fetched() {
  if (std::exchange(fetch_again_, false)) { fetch_and_build(); }
}

void ListKeeper::ask_for_build() {
  ++shown_.builds_asked;
  if (!is_building_) { begin_build(); }
}

// The library belongs to the building thread until the result is back here.
void ListKeeper::begin_build() {
  is_building_ = true;
  built_at_ = Clock::now();
  built_ = declared_;
  seen_ = last_look_ = signature();
  const bool accept = std::exchange(accept_next_, false);
  const std::uint64_t answers = shown_.builds_asked;
  const bool taken =
      pool_->run([this, accept, answers, declared = local(declared_), edits = edits_.all(), alive = is_alive_] {
        auto result = std::make_shared<Result>(build(library_, declared, accept, edits));
        asio::post(*context_, [this, result, answers, count = edits.size(), alive] {
          if (!*alive) { return; }
          is_building_ = false;
          shown_.builds = answers;
          // Lists that are not declared any more stay out; what is declared now was asked for meanwhile.
          if (built_ == declared_) { end_build(std::move(*result), count); }
          // Whoever asks while URLs are being fetched waits for what they have.
          if (shown_.builds < shown_.builds_asked && !fetcher_.is_fetching()) { begin_build(); }
        });
      });
  // There is one build at a time, so the queue has room unless the daemon is ending.
  if (!taken) { is_building_ = false; }
}

// `edits`: how many the build carried out.
void ListKeeper::end_build(Result result, std::size_t edits) {
  shown_.milliseconds = result.milliseconds;
  if (!result.built) {
    shown_.failure = result.built.error();
    say("lists: " + result.built.error() + "; those from before stay in force");
    return;
  }
  ListLibrary::Built& built = *result.built;
  compiled_edits_ = edits;
  for (const std::string& note : built.notes) { say("lists: " + note); }
  say_alarms(shown_.lists, built.lists);
  shown_.failure.clear();
  shown_.lists = std::move(built.lists);
  file_in_force_ = library_.file_in_force();
  shown_.octets = built.set == nullptr ? 0 : built.set->sizes().octets;
  if (!built.is_new && compiled_ == built.set) { return; }
  compiled_ = built.set;
  publish();
}

// What was edited since the set was compiled stands in front of it.
void ListKeeper::publish() {
  std::shared_ptr<const policy::ListSet> front;
  if (compiled_ != nullptr) {
    front = edits_in_front_of(*compiled_, declared_, std::span(edits_.all()).subspan(compiled_edits_));
  }
  lists_ = std::make_shared<const policy::Lists>(compiled_, std::move(front));
  if (publish_) { publish_(lists_); }
}

Answer<std::string> ListKeeper::category_of(const ListsEditArguments& arguments) const {
  const auto list = std::ranges::find(shown_.lists, arguments.list, &ListState::name);
  if (list == shown_.lists.end()) {
    return std::unexpected(
        Error{ErrorCode::not_found, "the policy declares no list `" + arguments.list + "`", "sluice lists show", {}});
  }
  if (!arguments.category.empty()) { return arguments.category; }
  if (list->categories.size() == 1) { return list->categories.front(); }
  if (list->categories.empty()) {
    return std::unexpected(Error{ErrorCode::failed,
                                 "the list `" + arguments.list + "` has no category, because nothing of it was read",
                                 "sluice lists show " + arguments.list,
                                 {}});
  }
  return std::unexpected(
      Error{ErrorCode::bad_request,
            "the list `" + arguments.list + "` has several categories; say which one with --category",
            "sluice lists show " + arguments.list,
            {}});
}

Answer<ListsEdited> ListKeeper::edit(const ListsEditArguments& arguments, bool is_removal) {
  const auto start = Clock::now();
  const auto category = category_of(arguments);
  if (!category) { return std::unexpected(category.error()); }
  const auto refuse = [](ErrorCode code, std::string why) {
    return std::unexpected(Error{code, std::move(why), "sluice lists show", {}});
  };
  if (compiled_ == nullptr) { return refuse(ErrorCode::failed, "the lists are not compiled yet"); }
  const auto list = std::ranges::find(declared_, arguments.list, &policy::ListDeclaration::name);
  ListEdit edit{is_removal, arguments.list, *category, arguments.entry};
  if (list != declared_.end()) { edit.entry = normal_text(edit, list->format); }
  policy::ListCompiler trial;
  for (const policy::ListTag& tag : compiled_->tags()) { (void)trial.add_tag(tag); }
  if (const auto tried = add_edit(edit, declared_, trial); !tried) {
    return refuse(ErrorCode::bad_request, tried.error());
  }
  if (const auto why = why_without_effect(edit, list->format, *lists_); !why.empty()) {
    return refuse(is_removal ? ErrorCode::not_found : ErrorCode::failed, why);
  }
  if (const auto kept = edits_.append(edit); !kept) { return refuse(ErrorCode::failed, kept.error()); }
  edited_at_ = Clock::now();
  publish();
  return ListsEdited{edit.list, edit.category, edit.entry, milliseconds_since(start)};
}

std::vector<policy::ListDeclaration> ListKeeper::local(const std::vector<policy::ListDeclaration>& declared) const {
  std::vector<policy::ListDeclaration> there;
  for (const policy::ListDeclaration& list : declared) { there.push_back(fetcher_.local(list)); }
  return there;
}

std::uint64_t ListKeeper::signature() const {
  std::uint64_t all = 0;
  for (const policy::ListDeclaration& list : local(declared_)) { all = all * 31 + signature_of(list); }
  return all;
}

bool ListKeeper::is_due(Clock::time_point now) const {
  return std::ranges::any_of(declared_, [&](const policy::ListDeclaration& list) {
    return !list.is_url() && list.refresh != 0 && now - built_at_ >= std::chrono::seconds(list.refresh);
  });
}

// A file that somebody is writing changes from one look to the next; it is read when it has come to rest.
void ListKeeper::look_at_files() {
  if (!fetcher_.is_fetching() && fetcher_.is_any_due(declared_)) {
    fetcher_.fetch(declared_, false, [this] { fetched(); });
  }
  if (is_building_ || declared_.empty()) { return; }
  const std::uint64_t now = signature();
  const bool is_at_rest = now == last_look_;
  last_look_ = now;
  const bool has_quiet_edits = compiled_edits_ < edits_.all().size() && Clock::now() - edited_at_ >= kQuiet;
  if ((now != seen_ && is_at_rest) || is_due(Clock::now()) || has_quiet_edits) { ask_for_build(); }
}

Task<> ListKeeper::watch(ListKeeper* keeper, std::shared_ptr<bool> is_alive) {
  Timer timer(*keeper->context_);
  for (;;) {
    timer.expires_after(kLook);
    co_await timer.async_wait(use_task);
    if (!*is_alive) { co_return; }
    keeper->look_at_files();
  }
}

// What was edited by hand; of several edits of one entry the last counts.
std::vector<std::string> ListKeeper::edits_of(const ListState& state) const {
  std::vector<std::string> lines;
  for (const ListEdit& edit : edits_.all()) {
    if (edit.list != state.name || std::ranges::find(state.categories, edit.category) == state.categories.end()) {
      continue;
    }
    const std::string rest = " " + edit.entry + (state.categories.size() > 1 ? "  category " + edit.category : "");
    std::erase_if(lines, [&](const std::string& known) { return known == "add" + rest || known == "remove" + rest; });
    lines.push_back((edit.is_removal ? "remove" : "add") + rest);
  }
  return lines;
}

// A list from a URL is shown with its URL, and with what is wrong there.
ListState ListKeeper::shown(ListState state) const {
  state.edits = edits_of(state);
  const auto list = std::ranges::find(declared_, state.name, &policy::ListDeclaration::name);
  if (list == declared_.end() || !list->is_url()) { return state; }
  state.path = list->path;
  state.refresh = list->refresh;
  if (const std::string alarm = fetcher_.alarm(*list); !alarm.empty()) { state.alarm = alarm; }
  return state;
}

ListsShow ListKeeper::show() const {
  ListsShow all = shown_;
  for (ListState& state : all.lists) { state = shown(std::move(state)); }
  return all;
}

std::vector<ListProblem> ListKeeper::alarms() const {
  std::vector<ListProblem> alarms;
  for (const ListState& state : shown_.lists) {
    if (std::string alarm = shown(state).alarm; !alarm.empty()) { alarms.push_back({state.name, std::move(alarm)}); }
  }
  return alarms;
}

ListsStatus ListKeeper::status() const {
  ListsStatus status{.lists = shown_.lists.size(), .octets = shown_.octets, .alarms = {}};
  for (const ListProblem& alarm : alarms()) { status.alarms.push_back(alarm.list + ": " + alarm.why); }
  if (!shown_.failure.empty()) { status.alarms.push_back("lists: " + shown_.failure); }
  return status;
}

}  // namespace sluice::control
