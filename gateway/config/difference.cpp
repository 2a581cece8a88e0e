#include "gateway/config/difference.hpp"

#include <algorithm>

namespace sluice::config {

namespace {

bool are_same(const std::vector<Listener>& a, const std::vector<Listener>& b) {
  return std::ranges::equal(a, b, [](const Listener& x, const Listener& y) { return x.address == y.address && x.mode == y.mode; });
}

template <typename T>
bool are_same(const T& a, const T& b) {
  return a == b;
}

}  // namespace

std::vector<const Key*> difference(const Configuration& before, const Configuration& after) {
  auto old_values = before;
  auto new_values = after;
  std::vector<const Key*> changed;
  for (const auto& key : keys()) {
    const bool same = std::visit(
        [&](auto* old_value) {
          return are_same(*old_value, *std::get<decltype(old_value)>(key.slot(new_values)));
        },
        key.slot(old_values));
    if (!same) { changed.push_back(&key); }
  }
  return changed;
}

}  // namespace sluice::config
