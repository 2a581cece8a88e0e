#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cache/stored_response.hpp"

namespace sluice::pipeline {

// What the disk has yet to learn, by key: responses that wait to be written, and removals. Until it has, what it holds
// under such a key is not used: it may be older than what a client got already.
// A removal stands behind a piece of the writing thread's work, named by its ticket, and reaches what that piece and
// those ahead of it write. Each key is there once, however often it is removed. Bounded: past kMost octets all that is
// on disk counts as removed. Thread: any; short locks, a load when nothing waits.
class DiskChanges {
 public:
  static constexpr std::size_t kMost = 16ULL << 20;
  using Ticket = std::uint64_t;  // they count up from 1
  using HeadPtr = std::shared_ptr<const cache::StoredHead>;

  explicit DiskChanges(std::size_t most = kMost) : most_(most) {}

  // A response waits to be written, or a part of one, which hides nothing. REQUIRES: one end for each begin.
  void begin_write(std::string_view key);
  void end_write(std::string_view key);
  void begin_part(std::string_view key);
  void end_part(std::string_view key);
  std::size_t waiting(std::string_view key) const;  // of both

  // Whatever is stored under the key goes. `spared`, when there is one: only what is of the same variant and another
  // representation.
  void remove(std::string_view key, Ticket behind, HeadPtr spared = nullptr);

  struct Removal {
    std::string key;
    HeadPtr spared;
  };
  struct Due {
    std::vector<Removal> removals;
    bool is_everything = false;
  };
  // There was something to remove, and it is known not to be on disk: only what is being looked up now is concerned.
  void note_removed(std::string_view key) noexcept { bump(key); }

  // What can be carried out once the work of that ticket is done. It is in force until end().
  Due take_due(Ticket done);
  void end(const Removal& removal);
  void end_everything();

  // Must nothing that is on disk under the key be used?
  bool is_hidden(std::string_view key) const;
  // May this response be used, that was found there?
  bool may_use(const cache::StoredHead& found) const;
  // Another number after each begin_write(), remove() and note_removed() of the key, seldom also after one of another
  // key.
  std::uint32_t version(std::string_view key) const noexcept { return versions_[place_of(key)].load(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  struct Change {
    unsigned writes = 0;
    unsigned parts = 0;
    Ticket behind = 0;  // a removal waits for that; 0: none does
    bool is_removing = false;
    HeadPtr spared;  // of the removals; null: they spare nothing
    bool has_removal() const noexcept { return behind != 0 || is_removing; }
    bool is_idle() const noexcept { return writes == 0 && parts == 0 && !has_removal(); }
    bool hides_all() const noexcept { return writes != 0 || (has_removal() && spared == nullptr); }
  };
  using Changes = std::unordered_map<std::string, Change, Hash, std::equal_to<>>;

  // REQUIRES (these): mutex_ is held.
  Changes::iterator change_of(std::string_view key);
  void forget_if_done(Changes::iterator change);
  void remove_everything(Ticket behind);
  static std::size_t octets_of(std::string_view key) noexcept { return key.size() + 160; }  // its nodes included

  void bump(std::string_view key) noexcept { versions_[place_of(key)].fetch_add(1); }
  static std::size_t place_of(std::string_view key) noexcept { return Hash{}(key) % kVersions; }

  static constexpr std::size_t kVersions = 1U << 13U;
  const std::size_t most_;
  std::array<std::atomic<std::uint32_t>, kVersions> versions_{};
  std::atomic<bool> is_empty_{true};
  mutable std::mutex mutex_;  // what follows
  Changes changes_;
  std::set<std::pair<Ticket, std::string_view>> order_;  // of the removals that wait; views of the keys in `changes_`
  std::size_t octets_ = 0;                               // of these
  bool is_everything_ = false;
  Ticket everything_behind_ = 0;
};

// Is `stored` of the same variant as `head`, and of another representation than it?
bool is_other_representation(const cache::StoredHead& stored, const cache::StoredHead& head);

}  // namespace sluice::pipeline
