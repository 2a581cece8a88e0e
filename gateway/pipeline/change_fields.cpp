#include "gateway/pipeline/change_fields.hpp"

namespace sluice::pipeline {

void change_fields(const policy::Settings& settings, std::vector<cache::Field>& fields) {
  for (const auto* setting : settings.fields) {
    std::erase_if(fields, [&](const auto& field) { return cache::equals_ignoring_case(field.name, setting->name); });
    if (!setting->is_removal) { fields.push_back({setting->name, setting->value, cache::field_name(setting->name)}); }
  }
}

}  // namespace sluice::pipeline
