#include "cache/extents.hpp"

#include <iterator>

namespace sluice::cache {

Extents::Extents(std::uint64_t size) {
  if (size > 0) { insert(0, size); }
  free_ = size;
}

void Extents::insert(std::uint64_t begin, std::uint64_t size) {
  by_begin_.emplace(begin, size);
  by_size_.emplace(size, begin);
}

void Extents::erase(std::map<std::uint64_t, std::uint64_t>::iterator part) {
  by_size_.erase({part->second, part->first});
  by_begin_.erase(part);
}

std::optional<std::uint64_t> Extents::take(std::uint64_t size) {
  const auto found = by_size_.lower_bound({size, 0});
  if (found == by_size_.end()) { return std::nullopt; }
  const auto [whole, begin] = *found;
  erase(by_begin_.find(begin));
  if (whole > size) { insert(begin + size, whole - size); }
  free_ -= size;
  return begin;
}

void Extents::give(std::uint64_t begin, std::uint64_t size) {
  free_ += size;
  const auto next = by_begin_.lower_bound(begin);
  if (next != by_begin_.begin()) {
    if (const auto previous = std::prev(next); previous->first + previous->second == begin) {
      begin = previous->first;
      size += previous->second;
      erase(previous);
    }
  }
  if (next != by_begin_.end() && begin + size == next->first) {
    size += next->second;
    erase(next);
  }
  insert(begin, size);
}

}  // namespace sluice::cache
