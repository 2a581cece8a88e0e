#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "policy/facts.hpp"
#include "policy/lists/lists.hpp"
#include "policy/truth.hpp"

namespace sluice::policy {

// The tags that one condition asks for, and what must be known before it can be said not to hold.
class ListCondition {
 public:
  ListCondition(const Lists& lists, std::span<const std::uint32_t> tags);

  bool has(std::uint32_t tag) const noexcept {
    return tag / 64 < bits_.size() && (bits_[tag / 64] >> (tag % 64) & 1) != 0;
  }
  const TagTraits& traits() const noexcept { return traits_; }

 private:
  std::vector<std::uint64_t> bits_;  // by tag
  TagTraits traits_;                 // of all of them together
};

// What the facts of one question are listed as; looked up when the first condition asks, and only once.
// Lifetime: of one evaluation, on the thread's own scratch memory; two of them must not be in use at a time.
class ListLookup {
 public:
  ListLookup(const Lists& lists, const Facts& facts) noexcept : lists_(lists), facts_(facts) {}

  // True when an entry of one of the tags holds that no exception takes back, whatever becomes known later.
  Truth of(const ListCondition& condition);
  // The entry by which the last condition held; null when it did not.
  const ListHit* held() const noexcept { return held_; }

 private:
  void look_up();
  Truth of_hit(const ListHit& hit) const;
  bool is_excepted(const ListHit& hit) const;
  bool may_be_excepted(const ListHit& hit) const;
  bool knows_host() const noexcept { return facts_.host.has_value(); }
  // Paths are found below the host, so both must be known.
  bool knows_url() const noexcept { return facts_.host.has_value() && facts_.url.has_value(); }
  bool knows_destination() const noexcept {
    return facts_.destination.has_value() || facts_.destination_resolved_elsewhere;
  }

  const Lists& lists_;
  const Facts& facts_;
  ListHits* found_ = nullptr;
  const ListHit* held_ = nullptr;
};

}  // namespace sluice::policy
