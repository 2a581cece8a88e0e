#include <algorithm>
#include <optional>

#include "policy/lists/name.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

using Error = std::optional<std::string>;

// Names below a zone that is looked up by DNS; `_` stands in real ones.
Error label_error(std::string_view label) {
  const std::string name = '`' + std::string(label) + '`';
  if (label.empty()) { return "an empty label: two dots next to each other, or nothing but a dot"; }
  if (label.size() > kLongestLabel) { return "the label " + name + " is longer than 63 octets"; }
  const bool is_plain =
      std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
  if (!is_plain) { return name + " holds a character that no domain name has"; }
  if (label.front() == '-' || label.back() == '-') { return "the label " + name + " begins or ends with `-`"; }
  return std::nullopt;
}

Error name_error(std::string_view name) {
  if (name.size() > kLongestName) { return "a domain name of more than 253 octets"; }
  while (true) {
    const std::size_t dot = name.find('.');
    if (Error error = label_error(name.substr(0, dot))) { return error; }
    if (dot == name.npos) { break; }
    name.remove_prefix(dot + 1);
  }
  // No name of the public tree ends in a number, and clients take such a text for an IPv4 address in some spelling.
  if (std::ranges::all_of(name, is_digit) || name.starts_with("0x")) {
    return "a name whose last label is a number is an address in a spelling that is never compared; write it as four "
           "decimal numbers";
  }
  return std::nullopt;
}

// What people write for a host that is something else.
Error mistaken_error(std::string_view text) {
  if (text.find("://") != text.npos) { return "`host` takes a name; for a whole URL write `url ~ \"...\"`"; }
  if (text.find('/') != text.npos) {
    const bool is_prefix = Prefix::parse(text).has_value();
    return is_prefix ? "`host` takes a name; for a prefix write `to " + std::string(text) + '`'
                     : std::string("`host` takes a name without a path; for paths write `url ~ \"...\"`");
  }
  if (text.find(':') != text.npos) { return "`host` takes a name without a port; write `port` beside it"; }
  if (text.find('*') != text.npos) { return "`*` may stand in front only, as in `*.example.com`"; }
  return std::nullopt;
}

// In lower case, other than ASCII letters as A-labels.
std::expected<std::string, std::string> ascii_name(std::string_view text) {
  const bool is_ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii) { return lower_case(text); }
  NameBuffer buffer;
  const auto name = normal_name(text, buffer);
  if (!name) { return std::unexpected(std::string(to_string(name.error())) + "; its ASCII form begins with `xn--`"); }
  return std::string(*name);
}

std::optional<Address> parse_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) { text = text.substr(1, text.size() - 2); }
  return Address::parse(text);
}

}  // namespace

std::expected<HostPattern, std::string> parse_host_value(std::string_view text) {
  const std::string_view written = text;
  if (text.size() > 1 && text.ends_with('.')) { text.remove_suffix(1); }
  if (const auto address = parse_address(text)) { return HostPattern{address->text(), false}; }
  const bool is_suffix = text.starts_with('.') || text.starts_with("*.");
  if (is_suffix) { text.remove_prefix(text.find('.') + 1); }
  Error error = mistaken_error(text);
  auto name = ascii_name(text);
  if (!error && !name) { error = name.error(); }
  if (!error) { error = name_error(*name); }
  if (error) { return std::unexpected('`' + std::string(written.substr(0, 80)) + "`: " + *error); }
  return HostPattern{std::move(*name), is_suffix};
}

}  // namespace sluice::policy
