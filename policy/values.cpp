#include "policy/values.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "policy/nearest.hpp"
#include "uri/normal_path.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kLongestUser = 255;
constexpr std::size_t kLongestInterface = 15;  // IFNAMSIZ, without the octet that ends it
constexpr std::size_t kLongestProtocol = 255;  // of ALPN

std::string code(std::string_view text) {
  return '`' + std::string(text.substr(0, 80)) + '`';
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) { return std::nullopt; }
  unsigned value = 0;
  for (const char c : text) {
    if (!is_digit(c)) { return std::nullopt; }
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > 65535) { return std::nullopt; }
  return static_cast<std::uint16_t>(value);
}

// RFC 9110 5.6.2: token.
bool is_token(std::string_view text) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || is_digit(c) || kMarks.find(c) != kMarks.npos;
  });
}

constexpr std::array<std::string_view, 9> kMethods{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                   "CONNECT", "OPTIONS", "TRACE", "PATCH"};

}  // namespace

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool is_net_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && is_letter(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

bool is_rule_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && (is_letter(text.front()) || is_digit(text.front())) &&
         std::ranges::all_of(text,
                             [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; });
}

std::expected<Prefix, std::string> parse_prefix_value(std::string_view text) {
  const auto prefix = Prefix::parse(text);
  if (!prefix) {
    return std::unexpected(code(text) +
                           " is no address or prefix; expected one like `192.0.2.7`, `10.0.0.0/8`, "
                           "`2001:db8::/32`, or the name of a net");
  }
  const auto address = Address::parse(text.substr(0, text.find('/')));
  if (*address != prefix->address()) {
    return std::unexpected(code(text) + " has bits set behind its prefix; did you mean `" + prefix->text() + "` or `" +
                           address->text() + "`?");
  }
  return *prefix;
}

std::expected<PortRange, std::string> parse_port_value(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == text.npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last) {
    return std::unexpected(code(text) + " is no port; expected a number up to 65535 or a range like `8000-8100`");
  }
  if (*first > *last) {
    return std::unexpected("the range " + code(text) + " is empty; did you mean `" + std::to_string(*last) + '-' +
                           std::to_string(*first) + "`?");
  }
  return PortRange{*first, *last};
}

std::expected<std::string, std::string> parse_method_value(std::string_view text) {
  if (!is_token(text)) { return std::unexpected(code(text) + " is no method; expected one like `GET`"); }
  // RFC 9110 9.1: "The method token is case-sensitive". `get` would be a rule that never holds.
  for (const std::string_view method : kMethods) {
    if (text != method && lower_case(text) == lower_case(method)) {
      return std::unexpected("methods are case-sensitive; did you mean `" + std::string(method) + "`?");
    }
  }
  return std::string(text);
}

std::expected<std::string, std::string> parse_scheme_value(std::string_view text) {
  constexpr std::array<std::string_view, 2> kSchemes{"http", "https"};
  std::string scheme = lower_case(text);
  if (std::ranges::find(kSchemes, scheme) != kSchemes.end()) { return scheme; }
  return std::unexpected("unknown scheme " + code(text) + "; expected `http` or `https`" +
                         did_you_mean(scheme, kSchemes));
}

std::expected<std::string, std::string> parse_mode_value(std::string_view text) {
  constexpr std::array<std::string_view, 3> kModes{"explicit", "transparent", "reverse"};
  if (std::ranges::find(kModes, text) != kModes.end()) { return std::string(text); }
  return std::unexpected("unknown mode " + code(text) + "; expected `explicit`, `transparent` or `reverse`" +
                         did_you_mean(text, kModes));
}

std::expected<std::string, std::string> parse_protocol_value(std::string_view text) {
  constexpr std::array<std::string_view, 2> kProtocols{"tcp", "udp"};
  std::string protocol = lower_case(text);
  if (std::ranges::find(kProtocols, protocol) != kProtocols.end()) { return protocol; }
  return std::unexpected("unknown protocol " + code(text) + "; expected `tcp` or `udp`" +
                         did_you_mean(protocol, kProtocols));
}

std::expected<std::string, std::string> parse_interface_value(std::string_view text) {
  const auto is_plain = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; };
  if (!text.empty() && text.size() <= kLongestInterface && std::ranges::all_of(text, is_plain)) {
    return std::string(text);
  }
  return std::unexpected(code(text) + " is no name of an interface; expected one like `eth0`");
}

std::expected<std::string, std::string> parse_listener_value(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto port = parse_port(colon == text.npos ? text : text.substr(colon + 1));
  const std::string expected =
      code(text) + " is no listener; expected a port or an address with one, like `192.0.2.1:3128`";
  if (!port) { return std::unexpected(expected); }
  if (colon == text.npos) { return std::string(text); }
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) { host = host.substr(1, host.size() - 2); }
  const auto address = Address::parse(host);
  if (!address || is_bracketed == address->is_ipv4()) { return std::unexpected(expected); }
  const std::string port_text = ':' + std::to_string(*port);
  return is_bracketed ? '[' + address->text() + ']' + port_text : address->text() + port_text;
}

// RFC 7301 6: the registered names are UTF-8 texts; those in use are plain ASCII, and cases differ.
std::expected<std::string, std::string> parse_alpn_value(std::string_view text) {
  const bool is_visible = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
  if (text.empty() || text.size() > kLongestProtocol || !is_visible) {
    return std::unexpected(code(text) + " is no name of a protocol; expected one like `h2` or `http/1.1`");
  }
  return std::string(text);
}

std::expected<std::string, std::string> parse_path_value(std::string_view text) {
  if (!text.starts_with('/')) { return std::unexpected(code(text) + " is no path; it begins with `/`"); }
  if (text.find('?') != text.npos) {
    return std::unexpected(code(text) + ": a path has no query; ask for it with `query`, or for both with `url ~`");
  }
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!is_plain) { return std::unexpected(code(text) + ": paths are ASCII; write other octets like `%C3%A4`"); }
  if (text.find('*') != text.npos) {
    return std::unexpected(code(text) + ": a path stands for itself and all below it; for patterns use `url ~`");
  }
  std::string normal;
  uri::append_normal_path(text, normal);
  return normal;
}

std::expected<std::string, std::string> parse_query_value(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('='));
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '&'; });
  if (name.empty() || !is_plain) {
    return std::unexpected(code(text) + " is no parameter; expected `name`, `name*` or `name=value`");
  }
  const std::size_t star = name.find('*');
  if (star != name.npos && (star + 1 != name.size() || name.size() != text.size())) {
    return std::unexpected(code(text) + ": `*` may stand at the end of a name only");
  }
  std::string normal;
  uri::append_normal_escapes(text, normal);
  return normal;
}

std::expected<std::string, std::string> parse_type_value(std::string_view text) {
  const std::size_t slash = text.find('/');
  const bool is_type = slash != text.npos && is_token(text.substr(0, slash)) &&
                       (text.substr(slash + 1) == "*" || is_token(text.substr(slash + 1))) && text.front() != '*';
  if (!is_type) {
    return std::unexpected(code(text) + " is no media type; expected one like `text/html` or `image/*`");
  }
  return lower_case(text);
}

std::expected<PortRange, std::string> parse_status_value(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == text.npos ? first : parse_port(text.substr(dash + 1));
  const bool is_range = first && last && *first >= 100 && *last <= 599 && *first <= *last;
  if (is_range) { return PortRange{*first, *last}; }
  return std::unexpected(code(text) + " is no status; expected one like `404`, or a range like `500-599`");
}

std::optional<std::uint32_t> parse_count_value(std::string_view text) {
  constexpr std::uint32_t kMost = 1'000'000;
  std::uint32_t value = 0;
  if (text.empty() || text.size() > 7 || !std::ranges::all_of(text, is_digit)) { return std::nullopt; }
  for (const char c : text) { value = value * 10 + static_cast<std::uint32_t>(c - '0'); }
  return value >= 1 && value <= kMost ? std::optional(value) : std::nullopt;
}

std::expected<std::string, std::string> parse_field_name(std::string_view text) {
  if (!is_token(text) || text.size() > 128) { return std::unexpected(code(text) + " is no name of a field"); }
  return std::string(text);
}

std::expected<std::string, std::string> parse_user_value(std::string_view text) {
  if (text == "=") { return std::unexpected("users follow the name of their group without `=`"); }
  // RFC 7617 2: "a user-id containing a colon character is invalid".
  if (text.find(':') != text.npos) { return std::unexpected(code(text) + " is no user: a name has no `:`"); }
  if (text.size() > kLongestUser) { return std::unexpected("a name of more than 255 octets"); }
  if (!is_utf8(text)) { return std::unexpected("a name that is not UTF-8"); }
  return std::string(text);
}

std::expected<std::string, std::string> parse_group_name(std::string_view text) {
  if (is_net_name(text)) { return std::string(text); }
  return std::unexpected(code(text) + " is no group; expected letters, digits, `-`, `_`");
}

}  // namespace sluice::policy
