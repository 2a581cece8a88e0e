#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// Judges an exchange that is under way by the policy that came into force since, with what is known by now; also when
// its user is not in the accounts any more as it signed in: then as if nobody had. Asked ahead of each piece of
// content; two comparisons while there are no other policy and no other accounts. Error: http_request_denied; the
// exchange has the new policy and its decision then.
Result<void> judge_again(Exchange& exchange);

}  // namespace sluice::pipeline
