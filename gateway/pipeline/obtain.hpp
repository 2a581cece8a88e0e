#pragma once

#include <optional>
#include <variant>

#include "cache/reuse.hpp"
#include "gateway/pipeline/body_source.hpp"
#include "gateway/pipeline/lookup.hpp"

namespace sluice::pipeline {

// A stored response that may be sent.
struct FromStore {
  cache::StoredResponsePtr response;
  cache::Seconds age{0};
  // The first octets that the request needs of content that is on disk; none when they were not needed.
  cache::Segment front{};
};

// A response that comes in while it goes out.
struct Streamed {
  http::ResponseHead head;  // views into what `body` holds
  BodySourcePtr body;
  std::optional<cache::Seconds> age{};  // when it was not this exchange that asked for it; else Age passes as it came
};

// The upstream switched protocols: what follows is a tunnel.
struct Upgraded {
  Forwarded forwarded;
};

using Obtained = std::variant<FromStore, Streamed, Upgraded>;

// What memory has for a request.
struct Look {
  cache::MissCause bypass = cache::MissCause::none;  // why the cache was not asked at all
  Lookup found;
  cache::Reuse reuse;  // of what was found
};

// Looks into memory, where nothing has to be waited for. Writes exchange.key.
Look look_in_memory(Exchange& exchange);

// The response that was found, taken out of `look`, when it may be sent as it is: most hits. Writes
// exchange.cache_status.
std::optional<FromStore> use_resident(Exchange& exchange, Look& look);

// Everything else: finds a stored response on disk, or forwards; keeps what may be kept. Writes exchange.cache_status.
// Errors: those of forward(), only_if_cached.
Task<Result<Obtained>> obtain(Exchange& exchange, Look look);

}  // namespace sluice::pipeline
