#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/config/configuration.hpp"

namespace sluice::config {

// How a value is spelled.
enum class Kind : std::uint8_t { boolean, count, size, duration, text, choice, texts, listeners };

// Where a value lives in a Configuration.
using Slot = std::variant<bool*, std::uint64_t*, milliseconds*, seconds*, std::string*, std::vector<std::string>*,
                          std::vector<Listener>*>;

// One key: everything that parsing, validation, documentation and `sluice config show` need to know about it.
struct Key {
  std::string_view name;  // dotted: "cache.memory"
  Kind kind = Kind::text;
  Slot (*slot)(Configuration&) = nullptr;
  std::string_view meaning;  // one line
  // Bounds of counts, sizes (octets) and durations (milliseconds).
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::span<const std::string_view> choices = {};
  // What a text, or each text of a list, must be, in words, and the check: a phrase that goes on from "`x`", or
  // nothing.
  std::string_view form = {};
  std::optional<std::string> (*complaint)(std::string_view) = nullptr;
  bool needs_restart = false;  // otherwise a reload applies it

  std::string_view section() const noexcept;  // "cache"; "" at the top
  std::string_view leaf() const noexcept;     // "memory"
  bool is_list() const noexcept { return kind == Kind::texts || kind == Kind::listeners; }
};

// Every key, in the order of the documentation; sections stand together.
std::span<const Key> keys() noexcept;
const Key* find_key(std::string_view name) noexcept;
bool is_section(std::string_view name) noexcept;
std::string_view section_meaning(std::string_view section) noexcept;

std::span<const std::string_view> listener_modes() noexcept;

}  // namespace sluice::config
