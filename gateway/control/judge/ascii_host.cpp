#include "gateway/control/judge/ascii_host.hpp"

#include <algorithm>

#include "policy/lists/name.hpp"

namespace sluice::control {

std::string with_ascii_host(std::string text) {
  const auto scheme = text.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  const auto size = std::min(text.find_first_of("/?#:", begin), text.size()) - begin;
  const auto host = std::string_view(text).substr(begin, size);
  if (std::ranges::none_of(host, [](char octet) { return static_cast<unsigned char>(octet) >= 0x80; })) { return text; }
  policy::NameBuffer buffer;
  const auto name = policy::normal_name(host, buffer);
  if (name) { text.replace(begin, size, *name); }
  return text;
}

}  // namespace sluice::control
