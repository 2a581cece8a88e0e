#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// Finds where a request goes: target URI and origin. Writes exchange.target and .origin.
// Errors: http_request_error (400; 501 for https in absolute-form, which would need TLS to the origin here),
// proxy_loop_detected.
Result<void> identify(Exchange& exchange);

}  // namespace sluice::pipeline
