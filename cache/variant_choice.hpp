#pragma once

#include <string>
#include <string_view>

#include "cache/vary.hpp"

namespace sluice::cache {

// A key keeps at most this many variants; the oldest makes room.
inline constexpr std::size_t kMostVariants = 16;

// What selects a stored variant, worked out once when it is stored.
struct VariantRule {
  VaryNames names;
  bool selects_all = false;  // no Vary: every request selects it
};
VariantRule variant_rule(const StoredHead& head);

// Decides variant after variant of one key for one request (RFC 9111 4.1). The selecting fields of the request are
// normalised once for each distinct set of names, and not at all for responses without Vary.
// Lifetime: within one lookup; `request` and every rule passed must outlive it.
class VariantChoice {
 public:
  explicit VariantChoice(Fields request) noexcept : request_(request) {}

  bool is_selected(const VariantRule& rule, std::string_view variant) {
    return rule.selects_all ? true : is_selected_by_fields(rule, variant);
  }

 private:
  bool is_selected_by_fields(const VariantRule& rule, std::string_view variant);

  Fields request_;
  const VariantRule* last_ = nullptr;
  std::string last_variant_;
};

}  // namespace sluice::cache
