#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// Serves one request whose head was read: identify, decide, obtain, respond, record. Whether another one can follow on
// the connection is in exchange.keep_alive.
Task<> handle_exchange(Exchange& exchange);

// The end of an exchange whose head could not be read or parsed: answers when that makes sense, and records.
Task<> refuse_exchange(Exchange& exchange, Error error);

}  // namespace sluice::pipeline
