#pragma once

#include <optional>

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// Serves one request whose head was read: identify, authenticate, decide, obtain, respond, record. What comes back is
// the rest of that, where something has to be waited for; nullopt: all was done, as for most hits. Whether another
// request can follow on the connection is in exchange.keep_alive.
[[nodiscard]] std::optional<Task<>> handle_exchange(Exchange& exchange);

// The end of an exchange whose head could not be read or parsed: answers when that makes sense, and records.
Task<> refuse_exchange(Exchange& exchange, Error error);

}  // namespace sluice::pipeline
