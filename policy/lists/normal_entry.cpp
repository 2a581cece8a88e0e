#include "policy/lists/normal_entry.hpp"

#include <algorithm>

#include "policy/address.hpp"
#include "uri/normal_path.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kLongestPath = 2048;

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// The octets of a URL: those above ASCII as one writes them. Errors: blanks and controls.
std::expected<std::string, NameError> escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet <= ' ' || octet == 0x7f) { return std::unexpected(NameError::bad_octet); }
    if (octet >= 0x80) {
      out += '%';
      out += kHex[octet >> 4];
      out += kHex[octet & 15];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::expected<std::string, NameError> normal_path_of_entry(std::string_view path) {
  path = path.substr(0, path.find('#'));
  if (path.size() > kLongestPath) { return std::unexpected(NameError::too_long); }
  if (!path.starts_with('/')) { return std::unexpected(NameError::bad_octet); }
  auto written = escaped(path);
  if (!written) { return written; }
  constexpr char kGoesOn = 'x';
  std::string normal;
  uri::append_normal_path(*written + kGoesOn, normal);
  normal.pop_back();
  std::ranges::transform(normal, normal.begin(), lower);
  return normal;
}

std::expected<std::string, NameError> normal_entry(std::string_view entry) {
  if (entry.starts_with("*.")) { entry.remove_prefix(2); }
  const auto slash = std::min(entry.find('/'), entry.size());
  const auto host = entry.substr(0, slash);
  NameBuffer buffer;
  const auto name = normal_name(host, buffer);
  const auto address = Address::parse(host);
  if (!name && !address) { return std::unexpected(name.error()); }
  std::string normal = name ? std::string(*name) : address->text();
  if (slash == entry.size()) { return normal; }
  const auto path = normal_path_of_entry(entry.substr(slash));
  if (!path) { return path; }
  return normal + *path;
}

}  // namespace sluice::policy
