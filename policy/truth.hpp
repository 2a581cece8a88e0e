#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace sluice::policy {

// Kleene's three values: `not` turns the order round, `and` is the least, `or` the greatest.
enum class Truth : std::uint8_t { no, unknown, yes };

constexpr Truth truth_of(bool value) noexcept {
  return value ? Truth::yes : Truth::no;
}
constexpr Truth negated(Truth truth) noexcept {
  return static_cast<Truth>(2 - static_cast<int>(truth));
}
constexpr Truth both(Truth a, Truth b) noexcept {
  return std::min(a, b);
}

// What `is_true` says of the fact, or unknown without one.
template <typename Fact, typename Predicate>
constexpr Truth judge(const std::optional<Fact>& fact, Predicate is_true) {
  return fact ? truth_of(is_true(*fact)) : Truth::unknown;
}

}  // namespace sluice::policy
