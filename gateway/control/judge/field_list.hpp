#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/facts.hpp"

namespace sluice::control {

// The fields of a message as somebody says them: on a command line, or as far as the access log has them.
// Lifetime: texts and names belong to the caller.
class FieldList {
 public:
  void add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }
  void clear() noexcept { fields_.clear(); }

  // Of these names alone it is known which lines there are. `names` is empty: of all.
  void know_only(std::span<const std::string_view> names) noexcept { known_ = names; }

  // Lifetime: this.
  policy::FieldLines lines() const noexcept;

 private:
  static bool any(const void* list, std::string_view name, policy::FieldLines::Visit visit, void* context);
  static bool knows(const void* list, std::string_view name);

  std::vector<std::pair<std::string_view, std::string_view>> fields_;  // names and values
  std::span<const std::string_view> known_;
};

}  // namespace sluice::control
