#include "policy/lists/name.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <idn2.h>

namespace sluice::policy {
namespace {

constexpr std::size_t kLongestLabel = 63;

// What an octet becomes in a name: itself, its lower case, or 0 when no name holds it.
constexpr std::array<char, 256> make_normal_octets() {
  std::array<char, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) { table[static_cast<std::size_t>(c)] = static_cast<char>(c); }
  for (int c = 'A'; c <= 'Z'; ++c) { table[static_cast<std::size_t>(c)] = static_cast<char>(c + ('a' - 'A')); }
  for (int c = '0'; c <= '9'; ++c) { table[static_cast<std::size_t>(c)] = static_cast<char>(c); }
  for (const char c : {'-', '_', '.'}) { table[static_cast<std::size_t>(c)] = c; }
  return table;
}
constexpr auto kNormalOctets = make_normal_octets();

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_digit_octet(char c) noexcept {
  return c >= '0' && c <= '9';
}

// No name of the public tree ends in a number, and clients take such a text for an address in some spelling.
bool ends_in_number(std::string_view name) noexcept {
  const std::string_view label = name.substr(name.rfind('.') + 1);
  return std::ranges::all_of(label, is_digit_octet) || label.starts_with("0x");
}

std::expected<std::string_view, NameError> normal_ascii(std::string_view text, NameBuffer& buffer) noexcept {
  if (text.ends_with('.')) { text.remove_suffix(1); }
  if (text.empty()) { return std::unexpected(NameError::empty); }
  if (text.size() > kLongestName) { return std::unexpected(NameError::too_long); }
  std::size_t label = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = kNormalOctets[static_cast<unsigned char>(text[i])];
    if (c == 0) { return std::unexpected(NameError::bad_octet); }
    if (c == '.' && label == 0) { return std::unexpected(NameError::empty_label); }
    label = c == '.' ? 0 : label + 1;
    if (label > kLongestLabel) { return std::unexpected(NameError::long_label); }
    buffer[i] = c;
  }
  if (label == 0) { return std::unexpected(NameError::empty_label); }
  const std::string_view name(buffer.data(), text.size());
  if (ends_in_number(name)) { return std::unexpected(NameError::number); }
  return name;
}

std::expected<std::string_view, NameError> normal_idn(std::string_view text, NameBuffer& buffer) noexcept {
  if (text.size() > 4 * kLongestName) { return std::unexpected(NameError::too_long); }
  std::array<char, 4 * kLongestName + 1> terminated;
  *std::copy(text.begin(), text.end(), terminated.begin()) = '\0';
  if (std::strlen(terminated.data()) != text.size()) { return std::unexpected(NameError::bad_octet); }
  char* ascii = nullptr;
  const int result =
      idn2_to_ascii_8z(terminated.data(), &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT | IDN2_ALLOW_UNASSIGNED);
  if (result != IDN2_OK) { return std::unexpected(NameError::not_idn); }
  const auto name = normal_ascii(ascii, buffer);
  idn2_free(ascii);
  return name;
}

}  // namespace

std::string_view to_string(NameError error) noexcept {
  switch (error) {
    case NameError::empty:
      return "no name";
    case NameError::too_long:
      return "a name of more than 253 octets";
    case NameError::bad_octet:
      return "an octet that no host name holds";
    case NameError::empty_label:
      return "an empty label";
    case NameError::long_label:
      return "a label of more than 63 octets";
    case NameError::number:
      return "a last label that is a number";
    case NameError::not_idn:
      break;
  }
  return "no internationalised name";
}

std::expected<std::string_view, NameError> normal_name(std::string_view text, NameBuffer& buffer) noexcept {
  const auto name = normal_ascii(text, buffer);
  if (name || name.error() != NameError::bad_octet || is_ascii(text)) { return name; }
  return normal_idn(text, buffer);
}

}  // namespace sluice::policy
