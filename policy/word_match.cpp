#include "policy/word_match.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equals_lower(std::string_view lower_case, std::string_view text) noexcept {
  return std::ranges::equal(lower_case, text, [](char a, char b) { return a == lower(b); });
}

// Without parameters and surrounding blanks.
std::string_view essence(std::string_view content_type) noexcept {
  content_type = content_type.substr(0, content_type.find(';'));
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = content_type.find_first_not_of(kBlanks);
  if (begin == content_type.npos) { return {}; }
  return content_type.substr(begin, content_type.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

bool is_listener(std::string_view value, std::string_view listener) noexcept {
  if (value.find(':') != value.npos) { return value == listener; }
  const std::size_t colon = listener.rfind(':');
  return colon != listener.npos && listener.substr(colon + 1) == value;
}

bool is_below_path(std::string_view value, std::string_view path_and_query) noexcept {
  const std::string_view path = path_and_query.substr(0, path_and_query.find('?'));
  if (!path.starts_with(value)) { return false; }
  return path.size() == value.size() || value.ends_with('/') || path[value.size()] == '/';
}

bool is_parameter(std::string_view name, std::string_view parameter) noexcept {
  const std::string_view own = parameter.substr(0, parameter.find('='));
  if (name.ends_with('*')) { return own.starts_with(name.substr(0, name.size() - 1)); }
  return own == name;
}

bool has_parameter(std::string_view value, std::string_view path_and_query) noexcept {
  const std::size_t mark = path_and_query.find('?');
  if (mark == path_and_query.npos) { return false; }
  std::string_view rest = path_and_query.substr(mark + 1);
  const bool has_value = value.find('=') != value.npos;
  while (true) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    if (has_value ? parameter == value : is_parameter(value, parameter)) { return true; }
    if (parameter.size() == rest.size()) { return false; }
    rest.remove_prefix(parameter.size() + 1);
  }
}

bool is_media_type(std::string_view value, std::string_view content_type) noexcept {
  const std::string_view type = essence(content_type);
  if (!value.ends_with("/*")) { return equals_lower(value, type); }
  const std::string_view begin = value.substr(0, value.size() - 1);
  return type.size() >= begin.size() && equals_lower(begin, type.substr(0, begin.size()));
}

}  // namespace sluice::policy
