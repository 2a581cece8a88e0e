#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// The line of the policy that set this. REQUIRES: one of the settings that apply to the exchange.
const policy::Rule& rule_of(const Exchange& exchange, const policy::Setting& setting);

// The `limit` line that refused the exchange, or cut it, with this error; null when none did.
const policy::Setting* limit_behind(const Exchange& exchange, const Error& error);

}  // namespace sluice::pipeline
