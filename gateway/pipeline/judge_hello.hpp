#pragma once

#include <string>

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// What a client sends first in a tunnel.
struct Opening {
  std::string octets;      // not sent on yet
  bool is_settled = true;  // false: the client was silent, and is to be judged again by its first octets
};

// Does what the policy says to this tunnel hang on what the client begins it with? REQUIRES: the address was judged.
bool hangs_on_hello(const Exchange& exchange);

// Reads what the client begins its tunnel with, and asks the policy again; writes exchange.hello and .decision. Waits
// for a client that is silent no longer than `timeouts.hello`, and only until `upstream` speaks, or has finished. What
// that says stays where it is. REQUIRES: the client has its 200, nothing was sent on.
// Errors: http_request_denied, tls_protocol_error, request_timeout; a client of TLS was told by an alert. Those of the
// stream.
Task<Result<Opening>> judge_hello(Exchange& exchange, upstream::Connection& upstream);

// The same once a client that was silent sends something; it is not told why its tunnel ends, because octets of the
// upstream may be on their way to it.
Task<Result<Opening>> judge_late_hello(Exchange& exchange);

}  // namespace sluice::pipeline
