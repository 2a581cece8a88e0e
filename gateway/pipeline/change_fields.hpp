#pragma once

#include <vector>

#include "cache/fields.hpp"
#include "policy/setting.hpp"

namespace sluice::pipeline {

// Sets and removes the fields of a message as the chosen settings say. The new ones view the settings, so the policy
// that holds them must outlive the message.
void change_fields(const policy::Settings& settings, std::vector<cache::Field>& fields);

}  // namespace sluice::pipeline
