#pragma once

#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// Sends what was obtained to the client: a stored response, whole or the part asked for, or 304; or one that streams.
// Writes the exchange's status, keep_alive and content_type. Errors: those of the client's stream, and of the content:
// then the client sees the cut, and the connection must close.
Task<Result<void>> respond(Exchange& exchange, Obtained& obtained);

// Sends an answer of our own for an error. Errors: those of the client's stream.
Task<Result<void>> respond_error(Exchange& exchange, const Error& error);

// Sends the client where the rule that decided says. Errors: those of the client's stream.
// REQUIRES: the verdict is `redirect`, and the request no CONNECT.
Task<Result<void>> respond_redirect(Exchange& exchange);

// OPTIONS or TRACE that ends here (Max-Forwards: 0; RFC 9110 9.3.7, 9.3.8).
Task<Result<void>> respond_locally(Exchange& exchange);

// The status that an error is answered with (RFC 9209 2.3, recommended status codes).
int status_of(const Error& error) noexcept;

}  // namespace sluice::pipeline
