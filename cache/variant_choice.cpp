#include "cache/variant_choice.hpp"

namespace sluice::cache {

VariantRule variant_rule(const StoredHead& head) {
  if (head.variant.empty() && find(head.fields.fields(), FieldName::vary) == nullptr) { return {{}, true}; }
  return {vary_names(head.fields.fields()), false};
}

// "A stored response with a Vary header field value containing a member "*" always fails to match." (RFC 9111 4.1)
bool VariantChoice::is_selected_by_fields(const VariantRule& rule, std::string_view variant) {
  if (rule.names.matches_nothing) { return false; }
  if (last_ == nullptr || last_->names.names != rule.names.names) {
    last_variant_ = variant_key(rule.names, request_);
    last_ = &rule;
  }
  return last_variant_ == variant;
}

}  // namespace sluice::cache
