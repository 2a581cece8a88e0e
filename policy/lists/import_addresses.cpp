// Prefixes, addresses and ranges, one a line; the output of `ipset save`.

#include <algorithm>
#include <charconv>

#include "policy/lists/import_lines.hpp"

namespace sluice::policy {
namespace {

// Bits behind the prefix are cleared: lists are written by many hands.
std::optional<Prefix> loose_prefix(std::string_view text) noexcept {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = Address::parse(text.substr(0, slash));
  if (!address) { return std::nullopt; }
  int bits = address->is_ipv4() ? 32 : 128;
  const int most = bits;
  if (slash < text.size()) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits < 0 || bits > most) {
      return std::nullopt;
    }
  }
  return Prefix(*address, most == 32 ? bits + 96 : bits);
}

std::uint32_t ipv4_number(const Address& address) noexcept {
  const auto& octets = address.octets();
  return static_cast<std::uint32_t>(octets[12]) << 24 | static_cast<std::uint32_t>(octets[13]) << 16 |
         static_cast<std::uint32_t>(octets[14]) << 8 | octets[15];
}

Address ipv4_address(std::uint32_t number) noexcept {
  return Address::from_ipv4({static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
                             static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

// The fewest prefixes that make up first to last.
void add_range(std::uint64_t first, std::uint64_t last, Effect effect, ImportLines& lines) {
  while (first <= last) {
    unsigned bits = 0;  // of addresses
    while (bits < 32 && (first & ((std::uint64_t{2} << bits) - 1)) == 0 &&
           first + (std::uint64_t{2} << bits) - 1 <= last) {
      ++bits;
    }
    lines.prefix(Prefix(ipv4_address(static_cast<std::uint32_t>(first)), static_cast<int>(128 - bits)), effect);
    first += std::uint64_t{1} << bits;
  }
}

void add(std::string_view word, Effect effect, ImportLines& lines) {
  const std::size_t dash = word.find('-');
  if (dash == word.npos) {
    const auto prefix = loose_prefix(word);
    return prefix ? lines.prefix(*prefix, effect)
                  : lines.reject('`' + std::string(word.substr(0, 80)) + "`: no address or prefix");
  }
  const auto first = Address::parse(word.substr(0, dash));
  const auto last = Address::parse(word.substr(dash + 1));
  if (!first || !last || !first->is_ipv4() || !last->is_ipv4() || *last < *first) {
    return lines.reject("no range of IPv4 addresses");
  }
  add_range(ipv4_number(*first), ipv4_number(*last), effect, lines);
}

// "add NAME 192.0.2.0/24 timeout 10 nomatch"
void read_ipset(std::string_view rest, ImportLines& lines) {
  ImportLines::take_word(rest);  // the set's name
  const std::string_view entry = ImportLines::take_word(rest);
  bool is_exception = false;
  while (!rest.empty()) { is_exception = ImportLines::take_word(rest) == "nomatch" || is_exception; }
  if (entry.find(',') != entry.npos) { return lines.unsupported("entries with a port or an interface"); }
  add(entry, is_exception ? Effect::excepts : Effect::holds, lines);
}

}  // namespace

void import_addresses(std::string_view text, ImportLines& lines) {
  lines.for_each(text, "#;", [&](std::string_view line) {
    std::string_view rest = ImportLines::trimmed(line.substr(0, line.find_first_of("#;")));
    const std::string_view word = ImportLines::take_word(rest);
    if (word == "create" || word == "flush" || word == "COMMIT") { return lines.skip(); }
    if (word == "add" || word == "-A") { return read_ipset(rest, lines); }
    if (!rest.empty()) { return lines.reject("more than one word where a prefix is expected"); }
    add(word, Effect::holds, lines);
  });
}

}  // namespace sluice::policy
