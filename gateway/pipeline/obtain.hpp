#pragma once

#include <variant>

#include "cache/reuse.hpp"
#include "gateway/pipeline/body_source.hpp"

namespace sluice::pipeline {

// A stored response that may be sent.
struct FromStore {
  cache::StoredResponsePtr response;
  cache::Seconds age{0};
  cache::Segment front{};  // the first octets of content that is on disk; none when they were not needed
};

// A response that comes in while it goes out.
struct Streamed {
  http::ResponseHead head;  // views into what `body` holds
  BodySourcePtr body;
};

// The upstream switched protocols: what follows is a tunnel.
struct Upgraded {
  Forwarded forwarded;
};

using Obtained = std::variant<FromStore, Streamed, Upgraded>;

// Finds a stored response that may be used, or forwards; keeps what may be kept. Writes exchange.key and .cache_status.
// Errors: those of forward(), only_if_cached.
Task<Result<Obtained>> obtain(Exchange& exchange);

}  // namespace sluice::pipeline
