#pragma once

#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// Does the policy have something to say about the response? Asked for each; no work where it has not.
inline bool may_matter(const Exchange& exchange) {
  return exchange.decision.verdict == policy::Verdict::undecided || hangs_on_more(exchange.decision) ||
         exchange.policy->has_settings(policy::SettingStage::response);
}

// Asks the policy again now that the response head is known, and carries out what it sets: fields, and the limit on the
// content. Writes exchange.decision and .response_settings. Errors: http_request_denied, http_response_body_size; what
// was obtained is then given back.
Task<Result<void>> judge_response(Exchange& exchange, Obtained& obtained);

// The settings that apply to a response with this head; written to exchange.response_settings.
void choose_response_settings(Exchange& exchange, int status, const std::vector<cache::Field>& fields);

}  // namespace sluice::pipeline
