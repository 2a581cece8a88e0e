#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// Is it GET or HEAD of /proxy.pac or /wpad.dat, of this gateway itself (in origin-form)?
bool asks_for_pac(const http::RequestHead& request) noexcept;

// Sends the PAC file of the policy in force. The proxy in it is called as the client called us: by the field Host. The
// policy is not asked: whoever reaches the listener may read which hosts need no gateway. Errors: http_request_error
// without such a field; those of the client's stream. REQUIRES: asks_for_pac().
Task<Result<void>> respond_pac(Exchange& exchange);

}  // namespace sluice::pipeline
