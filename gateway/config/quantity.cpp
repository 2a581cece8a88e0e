#include "gateway/config/quantity.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace sluice::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// From the largest to the smallest, as formatting wants them.
constexpr std::array kSizes{Unit{"TiB", 1ULL << 40}, Unit{"GiB", 1ULL << 30}, Unit{"MiB", 1ULL << 20},
                            Unit{"KiB", 1ULL << 10}, Unit{"B", 1}};
constexpr std::array kDurations{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                                Unit{"ms", 1}};

struct Quantity {
  std::uint64_t number;
  std::string_view unit;
};

std::optional<Quantity> split(std::string_view text) noexcept {
  Quantity quantity{0, {}};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quantity.number);
  if (error != std::errc() || end == text.data()) { return std::nullopt; }
  quantity.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (quantity.unit.size() > 1 && quantity.unit.front() == ' ') { quantity.unit.remove_prefix(1); }
  return quantity;
}

template <std::size_t N>
std::optional<std::uint64_t> scale(const Quantity& quantity, const std::array<Unit, N>& units) noexcept {
  for (const Unit& unit : units) {
    if (unit.name != quantity.unit) { continue; }
    if (quantity.number > std::numeric_limits<std::uint64_t>::max() / unit.factor) { return std::nullopt; }
    return quantity.number * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string with_largest_unit(std::uint64_t value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) { return std::to_string(value / unit.factor) + std::string(unit.name); }
  }
  return std::to_string(value);
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) noexcept {
  const auto quantity = split(text);
  if (!quantity || !quantity->unit.empty()) { return std::nullopt; }
  return quantity->number;
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  const auto quantity = split(text);
  if (!quantity) { return std::nullopt; }
  if (quantity->unit.empty()) { return quantity->number; }
  return scale(*quantity, kSizes);
}

std::string format_size(std::uint64_t octets) {
  if (octets == 0 || octets % 1024 != 0) { return std::to_string(octets); }
  return with_largest_unit(octets, kSizes);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
  const auto quantity = split(text);
  if (!quantity) { return std::nullopt; }
  if (quantity->number == 0 && quantity->unit.empty()) { return std::chrono::milliseconds(0); }
  const auto value = scale(*quantity, kDurations);
  if (!value || *value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) { return std::nullopt; }
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

std::string format_duration(std::chrono::milliseconds duration) {
  if (duration.count() <= 0) { return "0s"; }
  return with_largest_unit(static_cast<std::uint64_t>(duration.count()), kDurations);
}

}  // namespace sluice::config
