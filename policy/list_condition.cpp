#include "policy/list_condition.hpp"

#include <algorithm>
#include <tuple>

namespace sluice::policy {
namespace {

// How closely an entry names what it was found for.
auto closeness(const ListHit& hit) noexcept {
  return std::tuple(hit.name_size, hit.extent);
}

// Can an exception of one kind take back an entry of another? A name says more than an address, a path or an
// expression.
bool takes_back(ListHit::Kind exception, ListHit::Kind entry, bool is_final) noexcept {
  return is_final || exception == entry || exception == ListHit::Kind::name;
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
    // Among entries of one kind the closer one decides, and an exception at the same place.
    if (!is_final && other.kind == hit.kind) { return closeness(other) >= closeness(hit); }
    return takes_back(other.kind, hit.kind, is_final);
  });
}

// By those that are not found yet.
bool ListLookup::may_be_excepted(const ListHit& hit) const {
  const std::uint32_t tag = hit.membership.tag();
  const TagTraits traits = lists_.traits(tag);
  const bool is_final = lists_.tags()[tag].is_exception_final;
  const auto may_take_back = [&](ListHit::Kind other) { return takes_back(other, hit.kind, is_final); };
  const bool may_by_address = traits.has_destination_exceptions && may_take_back(ListHit::Kind::prefix);
  const bool may_by_url =
      traits.has_url_exceptions && (may_take_back(ListHit::Kind::path) || may_take_back(ListHit::Kind::expression));
  return (traits.has_host_exceptions && !knows_host()) || (may_by_url && !knows_url()) ||
         (may_by_address && !knows_destination());
}

}  // namespace sluice::policy
