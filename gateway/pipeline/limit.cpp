#include "gateway/pipeline/limit.hpp"

namespace sluice::pipeline {

// Settings point into the policy that the exchange began with.
const policy::Rule& rule_of(const Exchange& exchange, const policy::Setting& setting) {
  const auto& policy = exchange.earlier_policy != nullptr ? exchange.earlier_policy : exchange.policy;
  return policy->rules()[setting.rule];
}

const policy::Setting* limit_behind(const Exchange& exchange, const Error& error) {
  switch (error.kind) {
    case ErrorKind::client_limit_reached:
      return exchange.settings[policy::SettingKind::limit_connections];
    case ErrorKind::http_response_body_size:
      return exchange.response_settings[policy::SettingKind::limit_size];
    default:
      return nullptr;
  }
}

}  // namespace sluice::pipeline
