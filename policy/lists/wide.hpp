#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/address.hpp"

namespace sluice::policy {

// Why an entry holds for far more than entries of lists mean to.
enum class Wide : std::uint8_t {
  public_suffix,   // "co.uk", "github.io" with everything below
  single_label,    // a whole top-level domain that nobody has delegated
  ipv4_addresses,  // half of them or all
  ipv6_addresses,  // all that are assigned to anybody (2000::/3)
};

// "`co.uk` is a public suffix: ...", what stands behind the entry's text.
std::string_view to_string(Wide wide) noexcept;

// Of a name with everything below it, in its normal form. Names that belong to no registry, as `localhost` and `lan`,
// are not wide: they are a network's own.
std::optional<Wide> wide_label(std::string_view name);  // of one label
// Cost: some 0.4 us, as much as all the rest that is done for an entry.
std::optional<Wide> wide_suffix(std::string_view name);  // of several

std::optional<Wide> wide_prefix(const Prefix& prefix) noexcept;

}  // namespace sluice::policy
