#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

bool is_purge(const Exchange& exchange);

// Carries out a PURGE request and says what it touched, as JSON: 200, or 404 when nothing was stored for its URLs.
// Policy judges the request's own target, and every URL, host and prefix that its content names. REQUIRES: decide()
// ran. Errors: http_request_denied; http_request_error for content that cannot be read; proxy_internal_error when a
// purge is in force but the disk did not take it.
Task<Result<void>> respond_purge(Exchange& exchange);

}  // namespace sluice::pipeline
