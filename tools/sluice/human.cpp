#include "tools/sluice/human.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace sluice::cli {
namespace {

std::string with_one_decimal(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string whole(double value) {
  return std::to_string(static_cast<std::uint64_t>(value));
}

std::string two_units(std::uint64_t value, std::uint64_t factor, const char* large, const char* small) {
  std::string out = std::to_string(value / factor) + large;
  if (value % factor != 0) { out += " " + std::to_string(value % factor) + small; }
  return out;
}

}  // namespace

std::string human_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) { digits.insert(at - 3, 1, ','); }
  return digits;
}

std::string human_size(std::uint64_t octets) {
  static constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  if (octets < 1024) { return std::to_string(octets) + " B"; }
  auto value = static_cast<double>(octets);
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  const bool is_whole = value >= 99.95 || value == std::floor(value);
  return (is_whole ? whole(std::round(value)) : with_one_decimal(value)) + " " + kUnits[unit];
}

std::string human_duration(double seconds) {
  if (!(seconds > 0)) { return "0 s"; }
  if (seconds < 9.95) { return with_one_decimal(seconds) + " s"; }
  const auto value = static_cast<std::uint64_t>(std::round(seconds));
  if (value < 60) { return std::to_string(value) + " s"; }
  if (value < 3600) { return two_units(value, 60, " min", " s"); }
  if (value < 86'400) { return two_units(value / 60, 60, " h", " min"); }
  return two_units(value / 3600, 24, " d", " h");
}

std::string human_percent(double ratio) {
  return with_one_decimal(ratio * 100) + " %";
}

std::string human_share(std::uint64_t octets, std::uint64_t all) {
  return octets == all ? human_size(all) : human_size(octets) + " of " + human_size(all);
}

std::string human_milliseconds(double value) {
  if (!(value > 0)) { return "0 ms"; }
  return (value < 9.95 ? with_one_decimal(value) : whole(std::round(value))) + " ms";
}

std::string human_time(double seconds_since_epoch) {
  if (!(seconds_since_epoch > 0)) { return "-"; }
  const auto time = static_cast<std::time_t>(seconds_since_epoch);
  std::tm utc{};
  std::array<char, 32> text{};
  if (gmtime_r(&time, &utc) == nullptr || std::strftime(text.data(), text.size(), "%F %T UTC", &utc) == 0) {
    return "-";
  }
  return text.data();
}

std::string plural(std::uint64_t count, const std::string& noun) {
  return human_count(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace sluice::cli
