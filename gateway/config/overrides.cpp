#include "gateway/config/overrides.hpp"

#include <optional>
#include <string_view>

#include "gateway/config/key.hpp"
#include "gateway/config/nearest.hpp"
#include "gateway/config/value.hpp"

namespace sluice::config {
namespace {

constexpr const char* kOrigin = "--set";  // where diagnostics say that a value stands; its line is which of them

std::optional<std::string> append_item(const Key& key, Configuration& configuration, std::string_view item) {
  if (key.kind == Kind::texts) { return append_text(key, configuration, item); }
  if (auto complaint = complaint_about_address(item)) { return complaint; }
  append_listener(key, configuration, Listener{.address = std::string(item), .mode = Listener{}.mode});
  return std::nullopt;
}

std::optional<std::string> set_list(const Key& key, Configuration& configuration, std::string_view value) {
  clear_list(key, configuration);
  while (!value.empty()) {
    const auto comma = value.find(',');
    if (auto complaint = append_item(key, configuration, value.substr(0, comma))) { return complaint; }
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
  return std::nullopt;
}

std::optional<std::string> set(const Key& key, Configuration& configuration, std::string_view value) {
  return key.is_list() ? set_list(key, configuration, value) : assign(key, configuration, value);
}

}  // namespace

void apply_overrides(const std::vector<std::string>& overrides, Configuration& configuration, Places& places,
                     std::vector<Diagnostic>& diagnostics) {
  int number = 0;
  for (const std::string& text : overrides) {
    ++number;
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
      diagnostics.push_back({kOrigin, number, 1, "expected key=value, such as cache.memory=64MiB", text});
      continue;
    }
    const std::string_view name = std::string_view(text).substr(0, equals);
    const Place place{kOrigin, number, static_cast<int>(equals) + 2, text};
    const Key* const key = find_key(name);
    if (key == nullptr) {
      const auto message = "unknown key `" + std::string(name) + "`" + hint_for_unknown_key(name);
      diagnostics.push_back({kOrigin, number, 1, message, text});
    } else if (const auto complaint = set(*key, configuration, std::string_view(text).substr(equals + 1))) {
      diagnostics.push_back(place.diagnostic(*complaint));
    } else {
      places.insert_or_assign(std::string(name), place);
    }
  }
}

}  // namespace sluice::config
