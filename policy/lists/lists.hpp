#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "policy/lists/list_set.hpp"

namespace sluice::policy {

// The lists in force: the compiled ones, and in front of them the few entries that were added or removed since. Both
// number their tags alike; the edits may know some more.
// Thread: any, concurrently.
class Lists {
 public:
  // Either may be null. REQUIRES: tags of `edits` that begin with those of `compiled`.
  Lists(std::shared_ptr<const ListSet> compiled, std::shared_ptr<const ListSet> edits);
  Lists() = default;

  // No two of a process have the same number. 0: empty.
  std::uint64_t number() const noexcept { return number_; }
  const std::vector<ListTag>& tags() const noexcept;
  TagTraits traits(std::uint32_t tag) const noexcept;  // of both
  const std::shared_ptr<const ListSet>& compiled() const noexcept { return compiled_; }
  const std::shared_ptr<const ListSet>& edits() const noexcept { return edits_; }

  // As of ListSet, in both; what an edit removed is not found.
  void find_host(std::string_view host, ListHits& found) const;
  void find_destination(const Address& address, ListHits& found) const;
  void find_url(std::string_view url, ListHits& found) const;

  // What find_destination() is going to read of the compiled lists, asked for ahead of other work and in between.
  void prefetch_place(const Address& address) const noexcept;
  void prefetch_runs(const Address& address) const noexcept;

 private:
  void drop_removed(std::size_t first, ListHits& found) const;
  bool is_removed_by(const ListHit& hit, const ListHit& removal) const;

  std::shared_ptr<const ListSet> compiled_;
  std::shared_ptr<const ListSet> edits_;
  std::uint64_t number_ = 0;
};

}  // namespace sluice::policy
