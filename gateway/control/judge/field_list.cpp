#include "gateway/control/judge/field_list.hpp"

#include <algorithm>

#include "cache/fields.hpp"

namespace sluice::control {

bool FieldList::any(const void* list, std::string_view name, policy::FieldLines::Visit visit, void* context) {
  return std::ranges::any_of(static_cast<const FieldList*>(list)->fields_, [&](const auto& field) {
    return cache::equals_ignoring_case(field.first, name) && visit(context, field.second);
  });
}

bool FieldList::knows(const void* list, std::string_view name) {
  return std::ranges::any_of(static_cast<const FieldList*>(list)->known_,
                             [&](std::string_view own) { return cache::equals_ignoring_case(own, name); });
}

policy::FieldLines FieldList::lines() const noexcept {
  return {this, &any, known_.empty() ? nullptr : &knows};
}

}  // namespace sluice::control
