#include "gateway/upstream/dns_cache.hpp"

#include <algorithm>
#include <utility>

namespace sluice::upstream {

std::optional<DnsCache::Answer> DnsCache::find(std::string_view host, Time now) {
  const auto found = index_.find(host);
  if (found == index_.end()) { return std::nullopt; }
  entries_.splice(entries_.begin(), entries_, found->second);
  if (now >= found->second->fresh_until) { return std::nullopt; }
  return found->second->answer;
}

void DnsCache::keep(std::string_view host, ResolvedPtr addresses, Duration ttl, Time now) {
  Entry& entry = touch(host);
  entry.fresh_until = now + std::clamp<Duration>(ttl, kShortestTtl, kLongestTtl);
  entry.good_until = entry.fresh_until + options_.last_good;
  entry.good = addresses;
  entry.answer = {std::move(addresses), {}};
}

void DnsCache::keep_absent(std::string_view host, Time now) {
  Entry& entry = touch(host);
  entry.fresh_until = now + options_.negative_ttl;
  entry.good = nullptr;
  entry.answer = {nullptr, ErrorKind::destination_not_found};
}

DnsCache::Answer DnsCache::keep_failure(std::string_view host, ErrorKind error, Time now) {
  Entry& entry = touch(host);
  if (entry.good && now < entry.good_until) {
    auto last_good = std::make_shared<Resolved>(*entry.good);
    last_good->from_last_good = true;
    // RFC 8767 section 4: the DNS is not asked again for every request while it fails.
    entry.fresh_until = std::min<Time>(now + std::max<Duration>(options_.negative_ttl, kFailureTtl), entry.good_until);
    entry.answer = {std::move(last_good), error};
  } else {
    entry.good = nullptr;
    entry.fresh_until = now + kFailureTtl;
    entry.answer = {nullptr, error};
  }
  return entry.answer;
}

void DnsCache::flush() noexcept {
  index_.clear();
  entries_.clear();
}

// The entry of the name, in front; a new one pushes out the oldest.
DnsCache::Entry& DnsCache::touch(std::string_view host) {
  if (const auto found = index_.find(host); found != index_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front();
  }
  if (entries_.size() >= std::max<std::size_t>(options_.max_entries, 1)) {
    index_.erase(entries_.back().host);
    entries_.pop_back();
  }
  entries_.push_front(Entry{std::string(host), {}, {}, nullptr, {}});
  index_.emplace(entries_.front().host, entries_.begin());
  return entries_.front();
}

}  // namespace sluice::upstream
