#include "policy/list_condition.hpp"

#include <algorithm>
#include <tuple>

namespace sluice::policy {
namespace {

// How closely an entry names what it was found for.
auto closeness(const ListHit& hit) noexcept {
  return std::tuple(hit.name_size, hit.extent);
}

}  // namespace

ListCondition::ListCondition(const Lists& lists, std::span<const std::uint32_t> tags) {
  for (const std::uint32_t tag : tags) {
    if (tag / 64 >= bits_.size()) { bits_.resize(tag / 64 + 1); }
    bits_[tag / 64] |= std::uint64_t{1} << (tag % 64);
    traits_ |= lists.traits(tag);
  }
}

void ListLookup::look_up() {
  static thread_local ListHits scratch;
  scratch.clear();
  const bool is_unlisted = facts_.unlisted_in != nullptr && *facts_.unlisted_in == lists_.number() && knows_url();
  if (facts_.destination) { lists_.prefetch_place(*facts_.destination); }
  if (knows_host() && !is_unlisted) { lists_.find_host(*facts_.host, scratch); }
  if (facts_.destination) { lists_.prefetch_runs(*facts_.destination); }
  if (knows_url() && !is_unlisted) {
    lists_.find_url(*facts_.url, scratch);
    if (facts_.unlisted_in != nullptr && scratch.hits.empty()) { *facts_.unlisted_in = lists_.number(); }
  }
  if (facts_.destination) { lists_.find_destination(*facts_.destination, scratch); }
  found_ = &scratch;
}

Truth ListLookup::of(const ListCondition& condition) {
  held_ = nullptr;
  if (found_ == nullptr) { look_up(); }
  Truth truth = Truth::no;
  for (const ListHit& hit : found_->hits) {
    if (!condition.has(hit.membership.tag()) || hit.membership.effect() != Effect::holds) { continue; }
    const Truth one = of_hit(hit);
    if (one == Truth::yes) {
      held_ = &hit;
      return Truth::yes;
    }
    truth = std::max(truth, one);
  }
  const TagTraits& traits = condition.traits();
  const bool may_come = (traits.has_hosts && !knows_host()) || (traits.has_urls && !knows_url()) ||
                        (traits.has_destinations && !knows_destination());
  return may_come ? Truth::unknown : truth;
}

Truth ListLookup::of_hit(const ListHit& hit) const {
  if (is_excepted(hit)) { return Truth::no; }
  return may_be_excepted(hit) ? Truth::unknown : Truth::yes;
}

bool ListLookup::is_excepted(const ListHit& hit) const {
  const std::uint32_t tag = hit.membership.tag();
  const bool is_final = lists_.tags()[tag].is_exception_final;
  return std::ranges::any_of(found_->hits, [&](const ListHit& other) {
    if (other.membership.tag() != tag || other.membership.effect() != Effect::excepts) { return false; }
    if (is_final) { return true; }
    // A name says more than an address; among entries of one kind the closer one decides, and an exception at the
    // same place.
    return other.kind == hit.kind ? closeness(other) >= closeness(hit) : other.kind == ListHit::Kind::name;
  });
}

bool ListLookup::may_be_excepted(const ListHit& hit) const {
  const TagTraits traits = lists_.traits(hit.membership.tag());
  return (traits.has_host_exceptions && !knows_host()) || (traits.has_url_exceptions && !knows_url()) ||
         (traits.has_destination_exceptions && !knows_destination());
}

}  // namespace sluice::policy
