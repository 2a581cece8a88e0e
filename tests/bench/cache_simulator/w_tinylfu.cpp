#include "tests/bench/cache_simulator/w_tinylfu.hpp"

#include <algorithm>
#include <bit>

#include "tests/bench/cache_simulator/random.hpp"

namespace sluice::simulator {
namespace {

constexpr std::uint64_t kRows = 4;
constexpr std::uint64_t kSample = 10;  // uses for each entry, after which counters are halved

}  // namespace

FrequencySketch::FrequencySketch(std::uint64_t counters) : counters_(std::bit_ceil(counters)) {}

std::size_t FrequencySketch::place(std::uint32_t key, std::uint64_t row) const {
  return Random::mix(key * 0x9E3779B97F4A7C15 + row) & (counters_.size() - 1);
}

std::uint32_t FrequencySketch::estimate(std::uint32_t key) const {
  std::uint32_t least = kMost;
  for (std::uint64_t row = 0; row < kRows; ++row) {
    least = std::min<std::uint32_t>(least, counters_[place(key, row)]);
  }
  return least;
}

void FrequencySketch::add(std::uint32_t key) {
  ++additions_;
  const auto least = estimate(key);
  if (least == kMost) { return; }
  for (std::uint64_t row = 0; row < kRows; ++row) {
    auto& counter = counters_[place(key, row)];
    if (counter == least) { ++counter; }
  }
}

void FrequencySketch::halve() {
  for (auto& counter : counters_) { counter /= 2; }
  additions_ /= 2;
}

WTinyLfu::WTinyLfu(const RequestTrace& trace, std::uint64_t capacity, Worth worth)
    : cached_(trace.keys, capacity),
      links_(trace.keys),
      lists_{KeyList(links_), KeyList(links_), KeyList(links_)},
      segments_(trace.keys),
      sketch_(4ULL * trace.keys),
      window_capacity_(capacity / 100),
      main_capacity_(capacity - window_capacity_),
      worth_(worth) {}

bool WTinyLfu::request(const TraceRequest& request) {
  const auto [key, size] = request;
  sketch_.add(key);
  if (sketch_.additions() > kSample * std::max(1000U, cached_.count())) { sketch_.halve(); }
  if (cached_.has(key)) {
    use(key);
    return true;
  }
  if (cached_.is_too_large(size)) { return false; }
  cached_.add(key, size);
  segments_[key] = window;
  lists_[window].push(key, size);
  while (lists_[window].octets() > window_capacity_) { offer(size > window_capacity_ ? key : lists_[window].oldest()); }
  return false;
}

void WTinyLfu::use(std::uint32_t key) {
  move(key, segments_[key] == window ? window : protected_);
  while (lists_[protected_].octets() > main_capacity_ / 10 * 8) { move(lists_[protected_].oldest(), probation); }
}

// Admits `candidate` to the main part, or evicts it; those that were spared are as if used just now.
void WTinyLfu::offer(std::uint32_t candidate) {
  const auto victims = victims_for(cached_.size(candidate));
  if (cached_.size(candidate) <= main_capacity_ && is_worth_more(candidate, victims)) {
    for (const auto victim : victims) {
      lists_[segments_[victim]].remove(victim, cached_.size(victim));
      cached_.remove(victim);
    }
    move(candidate, probation);
    return;
  }
  for (const auto victim : victims) { move(victim, segments_[victim]); }
  lists_[window].remove(candidate, cached_.size(candidate));
  cached_.remove(candidate);
}

// What the main part would evict to have room for `size`, in order.
std::vector<std::uint32_t> WTinyLfu::victims_for(std::uint32_t size) const {
  std::vector<std::uint32_t> victims;
  auto octets = lists_[probation].octets() + lists_[protected_].octets() + size;
  for (const auto segment : {probation, protected_}) {
    for (auto key = lists_[segment].oldest(); key != KeyList::kNone; key = lists_[segment].newer_than(key)) {
      if (octets <= main_capacity_) { return victims; }
      victims.push_back(key);
      octets -= cached_.size(key);
    }
  }
  return victims;
}

bool WTinyLfu::is_worth_more(std::uint32_t candidate, const std::vector<std::uint32_t>& victims) const {
  const double uses = sketch_.estimate(candidate);
  if (worth_ == Worth::all_uses) {
    double sum = 0;
    for (const auto victim : victims) { sum += sketch_.estimate(victim); }
    return victims.empty() || uses > sum;
  }
  return std::ranges::all_of(victims, [&](std::uint32_t victim) {
    const double others = sketch_.estimate(victim);
    if (worth_ == Worth::uses) { return uses > others; }
    return uses * cached_.size(victim) > others * cached_.size(candidate);
  });
}

void WTinyLfu::move(std::uint32_t key, Segment segment) {
  const auto size = cached_.size(key);
  lists_[segments_[key]].remove(key, size);
  segments_[key] = segment;
  lists_[segment].push(key, size);
}

}  // namespace sluice::simulator
