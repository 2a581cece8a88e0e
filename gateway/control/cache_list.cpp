#include "gateway/control/cache_list.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include <boost/asio/post.hpp>

#include "cache/freshness.hpp"
#include "cache/tags.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/control/cache_commands.hpp"
#include "gateway/pipeline/purge.hpp"

namespace sluice::control {
namespace {

using cache::PurgeScope;

constexpr std::uint64_t kMostListed = 10'000;
constexpr const char* kLimit = "`limit` must be 1 to 10000";
constexpr std::size_t kStep = 256;  // responses

Error bad(const std::string& message) {
  return {ErrorCode::bad_request, message, "sluice cache list --help", {}};
}

// Which of the stored responses are wanted.
struct Filter {
  std::vector<std::string> fronts;  // of keys
  std::string host;                 // or host:port
  std::string tag;

  bool takes(const cache::StoredHead& head) const {
    if (!host.empty() && cache::host_in_key(head.key) != host && cache::authority_in_key(head.key) != host) {
      return false;
    }
    bool has_tag = tag.empty();
    if (!has_tag) {
      cache::for_each_tag(head.fields.fields(), [&](std::string_view each) { has_tag = has_tag || each == tag; });
    }
    return has_tag;
  }
};

Answer<Filter> filter_of(const CacheListArguments& arguments) {
  Filter filter;
  if (!arguments.host.empty()) {
    auto order = pipeline::make_purge_order(PurgeScope::host, arguments.host, false);
    if (!order) { return std::unexpected(bad(order.error())); }
    filter.host = order->name;
    filter.fronts = {"http://" + filter.host, "https://" + filter.host};
  }
  if (!arguments.prefix.empty()) {
    auto order = pipeline::make_purge_order(PurgeScope::prefix, arguments.prefix, false);
    if (!order) { return std::unexpected(bad(order.error())); }
    filter.fronts = {order->name};
  }
  if (filter.fronts.empty()) { filter.fronts = {""}; }
  filter.tag = arguments.tag;
  return filter;
}

// The responses found so far, by key and variant.
class Collection {
 public:
  Collection(const Daemon& daemon, const Filter& filter, std::uint64_t limit)
      : daemon_(daemon), filter_(filter), limit_(limit) {}

  bool is_full() const { return found_.size() > limit_; }

  void add(const cache::StoredResponse& response, const char* tier) {
    const auto& head = response.head;
    if (is_full() || !filter_.takes(head)) { return; }
    auto [place, is_new] = found_.try_emplace({head.key, head.variant});
    if (!is_new) {
      if (place->second.tier != tier) { place->second.tier = "both"; }
      place->second.size = std::max(place->second.size, response.octets());
      return;
    }
    place->second = listed(response, tier);
  }

  CacheList result() const {
    CacheList list;
    for (const auto& [name, response] : found_) {
      if (list.responses.size() < limit_) { list.responses.push_back(response); }
    }
    list.more = is_full();
    return list;
  }

 private:
  ListedResponse listed(const cache::StoredResponse& response, const char* tier) const {
    const auto& head = response.head;
    const auto purged = daemon_.purges.judge(head);
    ListedResponse out;
    out.key = head.key;
    out.variant = head.variant;
    out.tier = tier;
    out.status = head.status;
    out.size = response.octets();
    out.age = cache::current_age(head, now_).count();
    const auto until_purged =
        purged.stale_from == cache::kNeverStale ? cache::Seconds::max() : purged.stale_from - now_;
    out.ttl = std::min(cache::remaining_freshness(head, now_), until_purged).count();
    const bool is_soft = purged.stale_from != cache::kNeverStale || head.stale_from != cache::kNeverStale;
    out.purged = purged.is_gone ? "hard" : is_soft ? "soft" : "";
    return out;
  }

  const Daemon& daemon_;
  const Filter& filter_;
  const std::uint64_t limit_;
  const cache::UnixTime now_ = coarse_unix_now();
  std::map<std::pair<std::string, std::string>, ListedResponse> found_;
};

Task<> collect_in_memory(Daemon& daemon, std::string front, Collection& collection) {
  std::string from;
  do {
    const auto page = daemon.memory.walk(front, from, kStep);
    for (const auto& response : page.responses) { collection.add(*response, "memory"); }
    from = page.next;
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, use_task);
  } while (!from.empty() && !collection.is_full());
}

// False: too much waits for the disk.
Task<bool> collect_on_disk(Daemon& daemon, Mailbox& mailbox, std::string front, Collection& collection) {
  std::string from;
  do {
    const auto page = co_await daemon.disk->operate(
        [front, from](cache::Store& store) { return store.walk(front, from, kStep); }, mailbox);
    if (!page) { co_return false; }
    for (const auto& response : page->responses) { collection.add(*response, "disk"); }
    from = page->next;
  } while (!from.empty() && !collection.is_full());
  co_return true;
}

}  // namespace

Task<Answer<CacheList>> list_stored(Daemon& daemon, Mailbox& mailbox, CacheListArguments arguments) {
  if (arguments.limit == 0 || arguments.limit > kMostListed) { co_return std::unexpected(bad(kLimit)); }
  const auto filter = filter_of(arguments);
  if (!filter) { co_return std::unexpected(filter.error()); }
  Collection collection(daemon, *filter, arguments.limit);
  for (const auto& front : filter->fronts) {
    co_await collect_in_memory(daemon, front, collection);
    if (daemon.disk == nullptr || collection.is_full()) { continue; }
    const bool collected = co_await collect_on_disk(daemon, mailbox, front, collection);
    if (!collected) { co_return std::unexpected(too_busy()); }
  }
  co_return collection.result();
}

Task<Answer<CacheTop>> list_top(Daemon& daemon, Mailbox& /*mailbox*/, CacheTopArguments arguments) {
  if (arguments.limit == 0 || arguments.limit > kMostListed) {
    co_return std::unexpected(Error{ErrorCode::bad_request, kLimit, "sluice cache top --help", {}});
  }
  std::map<std::string, TopKey> by_key;
  for (const auto& entry : daemon.top_keys()) {
    auto& total = by_key[entry.key];
    total.key = entry.key;
    total.requests += entry.requests;
    total.hits += entry.hits;
  }
  CacheTop top;
  for (auto& [key, total] : by_key) { top.keys.push_back(std::move(total)); }
  std::ranges::sort(top.keys, [](const TopKey& a, const TopKey& b) {
    return a.requests != b.requests ? a.requests > b.requests : a.key < b.key;
  });
  if (top.keys.size() > arguments.limit) { top.keys.resize(arguments.limit); }
  co_return top;
}

}  // namespace sluice::control
