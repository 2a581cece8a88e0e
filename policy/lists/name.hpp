#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>

namespace sluice::policy {

// Why a text is not the name of a host.
enum class NameError : std::uint8_t { empty, too_long, bad_octet, empty_label, long_label, number, not_idn };
std::string_view to_string(NameError error) noexcept;

// Room for a name in its normal form.
inline constexpr std::size_t kLongestName = 253;
using NameBuffer = std::array<char, kLongestName + 1>;

// The name as Facts::host spells it: lower case, no trailing dot, A-labels (IDNA 2008, nontransitional) in place of
// other characters, which must be UTF-8. The view is into `buffer`.
// Cost: one pass over an ASCII name.
std::expected<std::string_view, NameError> normal_name(std::string_view text, NameBuffer& buffer) noexcept;

}  // namespace sluice::policy
