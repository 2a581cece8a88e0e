#include "tests/bench/cache_simulator/capacity.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "gateway/config/quantity.hpp"

namespace sluice::simulator {

std::expected<Capacity, std::string> Capacity::parse(std::string_view text) {
  Capacity capacity;
  capacity.text_ = text;
  if (text.ends_with('%')) {
    double percent = 0;
    const auto* last = text.data() + text.size() - 1;
    const auto [end, failed] = std::from_chars(text.data(), last, percent);
    if (failed == std::errc() && end == last && percent > 0 && percent <= 100) {
      capacity.share_ = percent / 100;
      return capacity;
    }
  } else if (const auto octets = config::parse_size(text); octets && *octets > 0) {
    capacity.octets_ = *octets;
    return capacity;
  }
  return std::unexpected("'" + std::string(text) + "' is no size of a cache; write 10% or 64MiB");
}

std::uint64_t Capacity::octets(std::uint64_t distinct_octets) const {
  if (share_ == 0) { return octets_; }
  return std::max<std::uint64_t>(static_cast<std::uint64_t>(share_ * static_cast<double>(distinct_octets)), 1);
}

}  // namespace sluice::simulator
