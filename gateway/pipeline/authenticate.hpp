#pragma once

#include <optional>

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// Finds who the client is, when it says so in Proxy-Authorization; writes exchange.user. A client that does not, or
// that cannot prove it, is asked as soon as the verdict may depend on it: ahead of resolving a name, and of forwarding.
// Where a client cannot be asked, and where there is nothing to verify a name with, it is nobody
// (exchange.has_no_user). REQUIRES: the policy asks for users. Errors: authentication_required (407). nullopt: the
// credentials have to be verified, which verify() waits for.
std::optional<Result<void>> authenticate(Exchange& exchange);

// The same behind a wait. Suspends. REQUIRES: authenticate() said nothing. Errors: also connection_limit_reached, when
// too many wait to be verified.
Task<Result<void>> verify(Exchange& exchange);

// Would who signed in with the exchange be let in still? Suspends when the accounts changed meanwhile.
Task<bool> is_still_signed_in(Exchange& exchange);

}  // namespace sluice::pipeline
