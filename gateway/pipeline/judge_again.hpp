#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// Judges an exchange that is under way by the policy that came into force since, with what is known by now. Asked ahead
// of each piece of content; a comparison while there is no other policy. Error: http_request_denied; the exchange has
// the new policy and its decision then.
Result<void> judge_again(Exchange& exchange);

}  // namespace sluice::pipeline
