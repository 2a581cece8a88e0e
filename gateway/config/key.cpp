#include "gateway/config/key.hpp"

#include <algorithm>

namespace sluice::config {

std::string_view Key::section() const noexcept {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

std::string_view Key::leaf() const noexcept {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

const Key* find_key(std::string_view name) noexcept {
  const auto found = std::ranges::find(keys(), name, &Key::name);
  return found == keys().end() ? nullptr : &*found;
}

bool is_section(std::string_view name) noexcept {
  return !name.empty() && std::ranges::any_of(keys(), [&](const Key& key) { return key.section() == name; });
}

}  // namespace sluice::config
