#include "gateway/upstream/resolver.hpp"

#include <algorithm>
#include <iterator>

#include <boost/asio/redirect_error.hpp>
#include <sys/stat.h>

#include "gateway/http/host.hpp"

namespace sluice::upstream {
namespace {

using Clock = std::chrono::steady_clock;
using Status = DnsReply::Status;

constexpr char kResolvConf[] = "/etc/resolv.conf";
constexpr std::chrono::seconds kLookInterval{5};

// A number that changes when the file does; 0 when it is not there.
std::int64_t version_of(const char* file) {
  struct stat status{};
  if (::stat(file, &status) != 0) { return 0; }
  return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec + static_cast<std::int64_t>(status.st_ino);
}

Result<ResolvedPtr> result_of(const DnsCache::Answer& answer) {
  if (answer.addresses) { return answer.addresses; }
  if (answer.error == ErrorKind::shutting_down) { return fail(answer.error, Side::gateway, "resolving"); }
  return fail(answer.error, Side::upstream, "resolving", 0, true);
}

}  // namespace

// One name being asked for. Those who wait hold it, so that it outlives the resolver where they do; they look at
// nothing but `answer` after they were woken.
struct Resolver::Lookup {
  Lookup(asio::io_context& context, Resolver& resolver, std::string name)
      : owner(&resolver), host(std::move(name)), deadline(context.get_executor()), done(context.get_executor()) {
    done.expires_at(Clock::time_point::max());
  }

  Resolver* owner;  // null once nothing of the DNS is awaited
  std::string host;
  Timer deadline;  // of the lookup; later of the second family
  Timer done;      // never expires: cancelling it wakes those who wait
  DnsReply ipv4, ipv6;
  int pending = 2;                         // replies
  std::optional<DnsCache::Answer> answer;  // what those who wait get
};

Resolver::Resolver(asio::io_context& context, ResolverOptions options, record::WorkerMetrics& metrics)
    : context_(context),
      options_(std::move(options)),
      metrics_(metrics),
      cache_({options_.max_entries, options_.negative_ttl, options_.last_good}),
      hosts_(options_.hosts_file),
      channel_(open_channel()),
      next_look_(options_.now() + kLookInterval),
      resolv_conf_version_(version_of(kResolvConf)) {}

// The channels call back every open question while the rest of the resolver still stands.
Resolver::~Resolver() {
  channel_.reset();
  retired_.clear();
}

Task<Result<ResolvedPtr>> Resolver::resolve(std::string host) {
  std::optional<Result<ResolvedPtr>> known = find(host);
  if (known) { co_return *std::move(known); }
  const std::shared_ptr<Lookup> lookup = join_or_start(std::move(host));
  if (!lookup->answer) {
    boost::system::error_code woken;
    co_await lookup->done.async_wait(asio::redirect_error(use_task, woken));
  }
  // The resolver may be gone by now. Without an answer it was the waiting that was cancelled.
  if (!lookup->answer) { co_return fail(ErrorKind::shutting_down, Side::gateway, "resolving"); }
  co_return result_of(*lookup->answer);
}

std::optional<Result<ResolvedPtr>> Resolver::find(std::string_view host) {
  if (const auto literal = policy::Address::parse(host)) {
    return std::make_shared<const Resolved>(Resolved{{*literal}, false});
  }
  const Time now = options_.now();
  if (ResolvedPtr listed = hosts_.find(host, now)) { return listed; }
  if (http::is_localhost(host)) { return loopback_addresses(); }
  const std::optional<DnsCache::Answer> remembered = cache_.find(host, now);
  if (!remembered) { return std::nullopt; }
  metrics_.dns_answers_cached.add();
  return result_of(*remembered);
}

void Resolver::cancel() {
  channel_->cancel();
  for (const auto& channel : retired_) { channel->cancel(); }
}

void Resolver::flush() {
  cache_.flush();
}

std::shared_ptr<Resolver::Lookup> Resolver::join_or_start(std::string host) {
  if (const auto found = in_flight_.find(host); found != in_flight_.end()) { return found->second; }
  auto lookup = std::make_shared<Lookup>(context_, *this, host);
  in_flight_.emplace(std::move(host), lookup);
  start(lookup);
  return lookup;
}

void Resolver::start(const std::shared_ptr<Lookup>& lookup) {
  follow_resolv_conf(options_.now());
  metrics_.dns_queries.add();
  arm(lookup, options_.timeout);
  for (const Family family : {Family::ipv6, Family::ipv4}) {
    channel_->ask(lookup->host, family,
                  [lookup, family](DnsReply reply) { lookup->owner->on_reply(lookup, family, std::move(reply)); });
  }
}

void Resolver::on_reply(const std::shared_ptr<Lookup>& lookup, Family family, DnsReply reply) {
  const Status status = reply.status;
  (family == Family::ipv4 ? lookup->ipv4 : lookup->ipv6) = std::move(reply);
  if (--lookup->pending == 0) {
    lookup->deadline.cancel();
    conclude(*lookup, true);
    lookup->owner = nullptr;
  } else if (status == Status::answered && !lookup->answer) {
    arm(lookup, options_.resolution_delay);
  }
}

// The whole time is over, or one family's answer has waited for the other's.
void Resolver::on_deadline(const std::shared_ptr<Lookup>& lookup) {
  conclude(*lookup, false);
}

void Resolver::arm(const std::shared_ptr<Lookup>& lookup, std::chrono::milliseconds delay) {
  const Time wanted = Clock::now() + delay;
  // The second family never has longer than the lookup as a whole.
  if (lookup->pending < 2 && wanted >= lookup->deadline.expiry()) { return; }
  lookup->deadline.expires_at(wanted);
  lookup->deadline.async_wait([lookup](const boost::system::error_code& error) {
    // Without an owner the last reply came first and concluded.
    if (!error && lookup->owner != nullptr) { lookup->owner->on_deadline(lookup); }
  });
}

// Remembers what is known of the name and wakes those who wait, if they still do: a reply that comes after the deadline
// is worth remembering all the same.
void Resolver::conclude(Lookup& lookup, bool is_complete) {
  const bool is_closed = lookup.ipv4.status == Status::closed || lookup.ipv6.status == Status::closed;
  const bool is_late = lookup.answer.has_value();
  if (is_closed) {
    if (!is_late) { finish(lookup, {nullptr, ErrorKind::shutting_down}); }
    return;
  }
  const bool has_addresses = !lookup.ipv4.addresses.empty() || !lookup.ipv6.addresses.empty();
  if (is_late && !has_addresses) { return; }  // the failure has been told and remembered
  const DnsCache::Answer answer = judge(lookup, is_complete);
  if (!is_late) { finish(lookup, answer); }
}

DnsCache::Answer Resolver::judge(const Lookup& lookup, bool is_complete) {
  const Time now = options_.now();
  const DnsReply& ipv4 = lookup.ipv4;
  const DnsReply& ipv6 = lookup.ipv6;
  if (!ipv4.addresses.empty() || !ipv6.addresses.empty()) {
    auto resolved = std::make_shared<Resolved>();
    std::ranges::copy(ipv6.addresses, std::back_inserter(resolved->addresses));
    std::ranges::copy(ipv4.addresses, std::back_inserter(resolved->addresses));
    std::chrono::seconds ttl = DnsCache::kLongestTtl;
    if (!ipv4.addresses.empty()) { ttl = std::min(ttl, ipv4.ttl); }
    if (!ipv6.addresses.empty()) { ttl = std::min(ttl, ipv6.ttl); }
    // Half an answer is good until the other half should have come.
    if (!is_complete) { ttl = std::min(ttl, std::chrono::ceil<std::chrono::seconds>(options_.timeout)); }
    cache_.keep(lookup.host, resolved, ttl, now);
    return {std::move(resolved), {}};
  }
  const auto either = [&](Status status) { return ipv4.status == status || ipv6.status == status; };
  if (either(Status::no_name) || (ipv4.status == Status::no_data && ipv6.status == Status::no_data)) {
    cache_.keep_absent(lookup.host, now);
    return {nullptr, ErrorKind::destination_not_found};
  }
  metrics_.dns_failures.add();
  const bool is_timeout = !is_complete || either(Status::timed_out);
  const DnsCache::Answer answer =
      cache_.keep_failure(lookup.host, is_timeout ? ErrorKind::dns_timeout : ErrorKind::dns_error, now);
  if (answer.addresses) { metrics_.dns_last_good.add(); }
  return answer;
}

void Resolver::finish(Lookup& lookup, const DnsCache::Answer& answer) {
  lookup.answer = answer;
  if (const auto found = in_flight_.find(lookup.host); found != in_flight_.end() && found->second.get() == &lookup) {
    in_flight_.erase(found);
  }
  lookup.done.cancel();
}

// A daemon outlives its networks: another resolv.conf means other servers. Open questions stay with the old ones.
void Resolver::follow_resolv_conf(Time now) {
  if (!options_.servers.empty() || now < next_look_) { return; }
  next_look_ = now + kLookInterval;
  std::erase_if(retired_, [](const auto& channel) { return channel->open_questions() == 0; });
  const std::int64_t version = version_of(kResolvConf);
  if (version == resolv_conf_version_) { return; }
  resolv_conf_version_ = version;
  retired_.push_back(std::exchange(channel_, open_channel()));
}

// The tries of a question to one server take a third and two thirds of the time there is.
std::unique_ptr<DnsChannel> Resolver::open_channel() {
  return std::make_unique<DnsChannel>(context_, options_.servers, options_.timeout / 3);
}

}  // namespace sluice::upstream
