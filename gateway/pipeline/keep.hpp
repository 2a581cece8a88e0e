#pragma once

#include "gateway/pipeline/forward.hpp"

namespace sluice::pipeline {

// A response on its way from the upstream into a fill, and from there into the store.
struct Keeping {
  std::shared_ptr<Fill> fill;
  std::string key;
  Forwarded forwarded;
  ConfigurationPtr configuration;
  std::uint64_t finish_up_to = 0;  // content of this size is read to its end when every client has gone
  bool replaces_stored = false;  // it answers a validation: what is stored goes, though this should not take its place
};

// Was this response purged since it was asked for? Purges are not remembered for ever, so that what took very long
// counts as purged.
bool was_purged(const Services& services, const cache::StoredHead& head);

// Announces the head to everyone who follows the fill. What was invalidated since the request was sent will not be
// stored (RFC 9111 4.4). REQUIRES: the response may be stored; the fill is in the table.
void begin_keeping(Exchange& exchange, Keeping& keeping);

// Adds to the head of a response that is being kept what only the client whose request it answers gets: the fields that
// private="..." and no-cache="..." name. They view `exchange`.
void add_for_client_alone(const Exchange& exchange, http::ResponseHead& head);

// Reads the content to its end, however many clients follow; stores the response when its end was proven. Spawned:
// takes values.
Task<> keep_whole(Services* services, Keeping keeping);

// Spawns keep_whole() or keep_part(), or runs it when it will not have to wait: the content is here already.
// REQUIRES: begin_keeping().
Task<> start_keeping(Services& services, Keeping keeping);

}  // namespace sluice::pipeline
