#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/base/error.hpp"
#include "policy/address.hpp"

namespace sluice::upstream {

// The addresses of one name, both families, in the order in which the DNS gave them.
struct Resolved {
  std::vector<policy::Address> addresses;
  bool from_last_good = false;  // expired, used because the DNS fails
};
using ResolvedPtr = std::shared_ptr<const Resolved>;

// What the DNS said about names, for as long as it may be used: addresses, that a name does not exist, and for a moment
// that it could not be asked. Bounded; the name not asked for longest goes first. Time is a parameter.
// Thread: one. RFC 2308 (negative answers), RFC 8767 (expired answers), RFC 9520 (failures).
class DnsCache {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  struct Options {
    std::size_t max_entries = 10000;
    std::chrono::seconds negative_ttl{10};
    std::chrono::seconds last_good{3600};
  };
  struct Answer {
    ResolvedPtr addresses;  // null: see `error`
    ErrorKind error = ErrorKind::destination_not_found;
  };

  static constexpr std::chrono::seconds kShortestTtl{1};
  static constexpr std::chrono::seconds kLongestTtl{86400};
  // RFC 9520 section 3.2: "Resolvers MUST cache resolution failures for at least 1 second."
  static constexpr std::chrono::seconds kFailureTtl{1};

  explicit DnsCache(const Options& options) : options_(options) {}
  DnsCache(const DnsCache&) = delete;
  DnsCache& operator=(const DnsCache&) = delete;

  // What may be answered without asking; nullopt: ask.
  std::optional<Answer> find(std::string_view host, Time now);

  // The name has these addresses. `ttl` is brought between kShortestTtl and kLongestTtl.
  void keep(std::string_view host, ResolvedPtr addresses, Duration ttl, Time now);

  // The name does not exist, or has no address. What was known before is no longer good.
  void keep_absent(std::string_view host, Time now);

  // The DNS failed. Returns what to answer: the last good addresses while they may still be used, else `error`; the
  // same is answered for a while without asking again.
  Answer keep_failure(std::string_view host, ErrorKind error, Time now);

  void flush() noexcept;
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string host;
    Answer answer;
    Time fresh_until;
    ResolvedPtr good;  // as the DNS gave them
    Time good_until;
  };

  Entry& touch(std::string_view host);

  Options options_;
  std::list<Entry> entries_;                                                // used last first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // keys are the hosts of the entries
};

}  // namespace sluice::upstream
