#include "tests/bench/cache_simulator/belady.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::simulator {
namespace {

constexpr std::uint32_t kNever = UINT32_MAX;

std::vector<std::uint32_t> next_requests(const RequestTrace& trace) {
  std::vector<std::uint32_t> next(trace.requests.size());
  std::vector<std::uint32_t> latest(trace.keys, kNever);
  for (auto at = static_cast<std::uint32_t>(next.size()); at-- > 0;) {
    next[at] = std::exchange(latest[trace.requests[at].key], at);
  }
  return next;
}

// The response of a request, kept until it is asked for again.
struct Interval {
  double requests = 0;  // that it spans
  double size = 0;

  double cost() const { return requests * size; }
};

std::vector<Interval> intervals_of(const RequestTrace& trace, std::uint64_t capacity) {
  const auto next = next_requests(trace);
  std::vector<Interval> intervals;
  for (std::uint32_t at = 0; at < next.size(); ++at) {
    const auto size = trace.requests[at].size;
    if (next[at] == kNever || size > capacity) { continue; }
    intervals.push_back({static_cast<double>(next[at] - at), static_cast<double>(size)});
  }
  return intervals;
}

// The sum of `gain` over the first intervals that a cache can afford.
template <typename Gain>
double afforded(const std::vector<Interval>& intervals, double cost, Gain gain) {
  double sum = 0;
  for (const auto& interval : intervals) {
    cost -= interval.cost();
    if (cost < 0) { break; }
    sum += gain(interval);
  }
  return sum;
}

}  // namespace

Belady::Belady(const RequestTrace& trace, std::uint64_t capacity, Worst worst)
    : cached_(trace.keys, capacity), next_(next_requests(trace)), badness_(trace.keys), worst_(worst) {}

bool Belady::request(const TraceRequest& request) {
  const auto [key, size] = request;
  const bool is_hit = cached_.has(key);
  if (is_hit) {
    order_.erase({badness_[key], key});
    cached_.remove(key);
  }
  const bool is_wanted = next_[at_] != kNever && !cached_.is_too_large(size);
  const double bad = badness(size);
  ++at_;
  if (!is_wanted) { return is_hit; }
  while (!cached_.has_room(size)) {
    const auto worst = std::prev(order_.end());
    if (worst->first <= bad) { return is_hit; }
    cached_.remove(worst->second);
    order_.erase(worst);
  }
  cached_.add(key, size);
  badness_[key] = bad;
  order_.insert({bad, key});
  return is_hit;
}

double Belady::badness(std::uint32_t size) const {
  const double next = next_[at_];
  return worst_ == Worst::furthest ? next : (next - at_) * size;
}

HitRatios hit_ratio_bound(const RequestTrace& trace, std::uint64_t capacity) {
  auto intervals = intervals_of(trace, capacity);
  const auto requests = static_cast<double>(trace.requests.size());
  const double cost = static_cast<double>(capacity) * requests;
  std::ranges::sort(intervals, {}, &Interval::cost);
  const double objects = afforded(intervals, cost, [](const Interval&) { return 1.0; });
  std::ranges::sort(intervals, {}, &Interval::requests);
  const double octets = afforded(intervals, cost, [](const Interval& interval) { return interval.size; });
  return {objects / requests, octets / static_cast<double>(trace.requested_octets())};
}

}  // namespace sluice::simulator
