#include "policy/address.hpp"

#include <algorithm>
#include <charconv>

namespace sluice::policy {
namespace {

using Octets = std::array<std::uint8_t, 16>;

// One part of dotted decimal: 0 to 255 without a leading zero, which others read as octal.
std::optional<std::uint8_t> parse_decimal_octet(std::string_view text) noexcept {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) { return std::nullopt; }
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') { return std::nullopt; }
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > 255) { return std::nullopt; }
  return static_cast<std::uint8_t>(value);
}

std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) noexcept {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t part = 0; part < 4; ++part) {
    const std::size_t dot = text.find('.');
    const bool is_last = part == 3;
    if (is_last != (dot == text.npos)) { return std::nullopt; }
    const auto octet = parse_decimal_octet(text.substr(0, dot));
    if (!octet) { return std::nullopt; }
    octets[part] = *octet;
    if (!is_last) { text.remove_prefix(dot + 1); }
  }
  return octets;
}

std::optional<std::uint16_t> parse_group(std::string_view text) noexcept {
  if (text.empty() || text.size() > 4) { return std::nullopt; }
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) { return std::nullopt; }
  return value;
}

// Groups between colons, the last of which may be dotted decimal when `may_embed`. Returns how many octets were written
// to `out`, or nothing when it is no such list or is too long. An empty text is an empty list.
std::optional<std::size_t> parse_groups(std::string_view text, bool may_embed, Octets& out) noexcept {
  std::size_t size = 0;
  if (text.empty()) { return size; }
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (may_embed && colon == text.npos && group.find('.') != group.npos) {
      const auto ipv4 = parse_ipv4(group);
      if (!ipv4 || size + 4 > out.size()) { return std::nullopt; }
      std::ranges::copy(*ipv4, out.begin() + static_cast<std::ptrdiff_t>(size));
      return size + 4;
    }
    const auto value = parse_group(group);
    if (!value || size + 2 > out.size()) { return std::nullopt; }
    out[size++] = static_cast<std::uint8_t>(*value >> 8);
    out[size++] = static_cast<std::uint8_t>(*value & 0xff);
    if (colon == text.npos) { return size; }
    text.remove_prefix(colon + 1);
  }
}

// RFC 4291 2.2: "The use of "::" indicates one or more groups of 16 bits of zeros. The "::" can only appear once in an
// address."
std::optional<Octets> parse_ipv6(std::string_view text) noexcept {
  const std::size_t gap = text.find("::");
  Octets head{};
  if (gap == text.npos) {
    const auto size = parse_groups(text, true, head);
    return size && *size == head.size() ? std::optional(head) : std::nullopt;
  }
  Octets tail{};
  const auto head_size = parse_groups(text.substr(0, gap), false, head);
  const auto tail_size = parse_groups(text.substr(gap + 2), true, tail);
  if (!head_size || !tail_size || *head_size + *tail_size > head.size() - 2) { return std::nullopt; }
  std::copy_n(tail.begin(), *tail_size, head.end() - static_cast<std::ptrdiff_t>(*tail_size));
  return head;
}

struct ZeroRun {
  int begin = 0;
  int length = 0;
};

// RFC 5952 4.2: the longest run of zero groups is shortened, the first one when several are as long, and never a
// single group.
ZeroRun longest_zero_run(const std::array<unsigned, 8>& groups) noexcept {
  ZeroRun best;
  ZeroRun run;
  for (int i = 0; i < 8; ++i) {
    if (groups[static_cast<std::size_t>(i)] != 0) {
      run = {};
      continue;
    }
    if (run.length == 0) { run.begin = i; }
    ++run.length;
    if (run.length > best.length) { best = run; }
  }
  return best.length >= 2 ? best : ZeroRun{};
}

std::string ipv6_text(const Octets& octets) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) { groups[i] = static_cast<unsigned>(octets[2 * i] << 8 | octets[2 * i + 1]); }
  const ZeroRun zeros = longest_zero_run(groups);
  std::string text;
  for (int i = 0; i < 8; ++i) {
    if (zeros.length > 0 && i == zeros.begin) {
      text += "::";
      i += zeros.length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') { text += ':'; }
    std::array<char, 4> digits{};
    const auto written =
        std::to_chars(digits.data(), digits.data() + digits.size(), groups[static_cast<std::size_t>(i)], 16);
    text.append(digits.data(), written.ptr);
  }
  return text;
}

}  // namespace

Address Address::from_ipv4(std::array<std::uint8_t, 4> octets) noexcept {
  Octets mapped{};
  mapped[10] = mapped[11] = 0xff;
  std::ranges::copy(octets, mapped.begin() + 12);
  return Address(mapped);
}

std::optional<Address> Address::parse(std::string_view text) noexcept {
  if (text.find(':') == text.npos) {
    const auto ipv4 = parse_ipv4(text);
    return ipv4 ? std::optional(from_ipv4(*ipv4)) : std::nullopt;
  }
  const auto ipv6 = parse_ipv6(text);
  return ipv6 ? std::optional(Address(*ipv6)) : std::nullopt;
}

bool Address::is_ipv4() const noexcept {
  return octets_[10] == 0xff && octets_[11] == 0xff &&
         std::all_of(octets_.begin(), octets_.begin() + 10, [](std::uint8_t octet) { return octet == 0; });
}

std::string Address::text() const {
  if (!is_ipv4()) { return ipv6_text(octets_); }
  std::string text;
  for (std::size_t i = 12; i < 16; ++i) {
    if (i > 12) { text += '.'; }
    text += std::to_string(octets_[i]);
  }
  return text;
}

}  // namespace sluice::policy
