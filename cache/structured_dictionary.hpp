#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::cache {

// One member of a dictionary structured field (RFC 9651 3.2). Parameters are read and dropped.
// Lifetime: the views belong to the field value.
struct DictionaryMember {
  enum class Type : std::uint8_t { boolean, integer, decimal, string, token, octets, date, display_string, inner_list };
  std::string_view key;
  Type type = Type::boolean;
  std::string_view value;  // "1" or "0"; the digits; a string without its quotes, escapes as written
};

// Adds the members of one field line to `members`; a key that is there already takes the new value (RFC 9651 4.2.2).
// False when the line is not well-formed; then `members` means nothing. An empty line is well-formed and adds nothing.
[[nodiscard]] bool parse_dictionary(std::string_view line, std::vector<DictionaryMember>& members);

}  // namespace sluice::cache
