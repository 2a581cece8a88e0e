#include "gateway/record/rule_hits.hpp"

#include <algorithm>

namespace sluice::record {

void Hits::add(const Hits& other) noexcept {
  if (other.count == 0) { return; }
  first = count == 0 ? other.first : std::min(first, other.first);
  last = std::max(last, other.last);
  count += other.count;
}

Hits RuleHits::Cell::hits() const noexcept {
  return {count.value(), first.load(std::memory_order_relaxed), last.load(std::memory_order_relaxed)};
}

void RuleHits::count(const PolicyPtr& policy, std::uint32_t rule, std::int64_t now) {
  if (policy != policy_) {
    // An exchange that ends under an older policy than the last one: rare, and not worth changing back.
    if (policy_ != nullptr && policy->version() < policy_->version()) {
      const std::lock_guard lock(mutex_);
      return earlier_[policy->rules()[rule].id].add({1, now, now});
    }
    use(policy);
  }
  Cell& cell = cells_[rule];
  if (cell.count.value() == 0) { cell.first.store(now, std::memory_order_relaxed); }
  cell.last.store(now, std::memory_order_relaxed);
  cell.count.add();
}

void RuleHits::use(const PolicyPtr& policy) {
  auto cells = std::make_unique<Cell[]>(policy->rules().size());
  const std::lock_guard lock(mutex_);
  add_cells_to(earlier_);
  policy_ = policy;
  cells_ = std::move(cells);
}

void RuleHits::add_cells_to(HitsByRule& all) const {
  if (policy_ == nullptr) { return; }
  const auto& rules = policy_->rules();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Hits hits = cells_[i].hits();
    if (hits.count > 0) { all[rules[i].id].add(hits); }
  }
}

void RuleHits::add_to(HitsByRule& all) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, hits] : earlier_) { all[id].add(hits); }
  add_cells_to(all);
}

}  // namespace sluice::record
