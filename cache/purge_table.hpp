#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cache/stored_response.hpp"

namespace sluice::cache {

// What a purge is about. `everything` is what old entries of a full table are folded into.
enum class PurgeScope : std::uint8_t { url, host, prefix, tag, everything, count_ };
std::string_view to_string(PurgeScope scope) noexcept;  // "url", "host", ...
std::optional<PurgeScope> parse_purge_scope(std::string_view word) noexcept;

// The purges of one target: the number of the newest soft and of the newest hard one; 0: none.
struct PurgeEntry {
  PurgeScope scope = PurgeScope::url;
  std::string name;  // a cache key; a host, or host:port; the front of cache keys; a tag; "" for everything
  std::uint64_t soft = 0;
  UnixTime soft_time{};  // of `soft`
  std::uint64_t hard = 0;

  std::uint64_t newest() const noexcept { return std::max(soft, hard); }
};

// What a store keeps for the next process, in one step with all of it or nothing.
struct PurgeChange {
  std::vector<PurgeEntry> put;     // replace what is kept of the same target
  std::vector<PurgeEntry> remove;  // scope and name only
  std::uint64_t generation = 0;
};
struct KeptPurges {
  std::vector<PurgeEntry> entries;
  std::uint64_t generation = 0;
};

// What the purges made of a stored response.
struct PurgeVerdict {
  bool is_gone = false;               // a hard purge: never to be used again
  UnixTime stale_from = kNeverStale;  // a soft purge
  bool is_clean() const noexcept { return !is_gone && stale_from == kNeverStale; }
};

// Purges of many responses at once. Purges are numbered; a stored response carries the number of the last one that was
// in force when its request was sent (StoredHead::generation), and is touched by those of its host, of a prefix of its
// key and of its tags that have a greater number. So a purge costs the same whether it touches one response or a
// million, and reaches what is still on its way into a store. Purges by URL are carried out in the stores by whoever
// orders them; their entries here close the gaps meanwhile, and the oldest are forgotten.
// Bounded: past kMost entries the oldest quarter is folded into one entry that touches everything stored before it, so
// that nothing purged ever comes back. Thread: any. Cost: generation() is a load; judge() is one too when
// nothing was purged since, else a few lookups under a lock that only add() holds exclusively, for moments.
class PurgeTable {
 public:
  static constexpr std::size_t kMost = 65536;
  static constexpr std::size_t kMostUrls = 4096;

  PurgeTable() = default;
  explicit PurgeTable(std::size_t most) : most_(most) {}

  // What an earlier process kept. REQUIRES: called before anything else.
  void restore(KeptPurges kept);

  // The same when there are purges of this process already: they count as later than all that were kept, and go on
  // touching what they did, perhaps more. `kept` may name a target twice. `keep` is told all that has to survive the
  // next restart when it is in force.
  using Keep = std::function<void(const PurgeChange&)>;
  void join(KeptPurges kept, const Keep& keep);

  // The number of the newest purge in force.
  std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

  // A new purge; its number. `keep` is told what has to survive a restart before the purge is in force: of a URL the
  // number only, so that no later one is below what is stored meanwhile. REQUIRES: is_purge_name(scope, name).
  std::uint64_t add(PurgeScope scope, std::string name, bool is_hard, UnixTime now, const Keep& keep);

  // REQUIRES: nothing stored has a generation below `number`, nor will have. Forgets what no longer touches anything.
  void forget_up_to(std::uint64_t number, const Keep& keep);

  PurgeVerdict judge(const StoredHead& head) const;
  // The entries that touch the response, for `sluice cache explain`.
  std::vector<PurgeEntry> touching(const StoredHead& head) const;

  std::size_t size() const;  // without those of URLs
  bool is_half_full() const { return size() > most_ / 2; }

 private:
  struct Marks {
    std::uint64_t soft = 0;
    UnixTime soft_time{};
    std::uint64_t hard = 0;
  };
  using Names = std::map<std::string, Marks, std::less<>>;

  template <typename Each>
  void for_each_entry(const StoredHead& head, Each&& each) const;
  const Names& names(PurgeScope scope) const { return names_[static_cast<std::size_t>(scope)]; }
  Names& names(PurgeScope scope) { return names_[static_cast<std::size_t>(scope)]; }
  PurgeChange change_for(PurgeScope scope, const std::string& name, bool is_hard, UnixTime now) const;
  void fold_oldest(PurgeChange& change) const;
  std::vector<PurgeEntry> own_entries() const;
  std::size_t kept_entries() const;
  void apply(const PurgeChange& change);

  const std::size_t most_ = kMost;
  std::atomic<std::uint64_t> generation_ = 0;
  std::mutex adding_;                // one change after the other, keeping it included
  mutable std::shared_mutex mutex_;  // what follows
  std::array<Names, static_cast<std::size_t>(PurgeScope::count_)> names_;
  std::deque<std::string> urls_;  // the oldest first
};

// Can this be the name of such a purge?
bool is_purge_name(PurgeScope scope, std::string_view name) noexcept;

// The authority in a cache key, "host" or "host:port", and the host alone.
std::string_view authority_in_key(std::string_view key) noexcept;
std::string_view host_in_key(std::string_view key) noexcept;

}  // namespace sluice::cache
