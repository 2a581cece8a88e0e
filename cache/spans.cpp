#include "cache/spans.hpp"

#include <algorithm>

namespace sluice::cache {

std::vector<ByteRange>::const_iterator Spans::reaching(std::uint64_t offset) const noexcept {
  return std::lower_bound(ranges_.begin(), ranges_.end(), offset,
                          [](const ByteRange& range, std::uint64_t at) { return range.last < at; });
}

std::uint64_t Spans::octets() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& range : ranges_) { sum += range.size(); }
  return sum;
}

void Spans::add(ByteRange range) {
  // What touches the new range becomes one with it.
  const auto from = ranges_.begin() + (reaching(range.first == 0 ? 0 : range.first - 1) - ranges_.cbegin());
  auto to = from;
  for (; to != ranges_.end() && (to->first <= range.last || to->first - 1 == range.last); ++to) {
    range.first = std::min(range.first, to->first);
    range.last = std::max(range.last, to->last);
  }
  if (from == to) {
    ranges_.insert(from, range);
    return;
  }
  *from = range;
  ranges_.erase(from + 1, to);
}

std::optional<ByteRange> Spans::run_at_front(ByteRange within) const noexcept {
  const auto at = reaching(within.first);
  if (at == ranges_.end() || at->first > within.first) { return std::nullopt; }
  return ByteRange{within.first, std::min(within.last, at->last)};
}

std::optional<ByteRange> Spans::first_gap(ByteRange within) const noexcept {
  auto next = reaching(within.first);
  if (next != ranges_.end() && next->first <= within.first) {
    if (next->last >= within.last) { return std::nullopt; }
    within.first = next->last + 1;
    ++next;
  }
  if (next != ranges_.end() && next->first <= within.last) { within.last = next->first - 1; }
  return within;
}

std::uint64_t Spans::octets_ahead_of(std::uint64_t offset) const noexcept {
  std::uint64_t sum = 0;
  for (const auto& range : ranges_) {
    if (range.first >= offset) { break; }
    sum += range.last < offset ? range.size() : offset - range.first;
  }
  return sum;
}

}  // namespace sluice::cache
