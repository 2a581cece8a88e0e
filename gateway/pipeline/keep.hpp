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
};

// Announces the head to everyone who follows the fill. REQUIRES: the response may be stored.
void begin_keeping(Exchange& exchange, Keeping& keeping);

// Reads the content to its end, however many clients follow; stores the response when its end was proven.
// Spawned: takes values. A response whose content is here already is kept without suspending.
Task<> keep(Services* services, Keeping keeping);

// Spawns keep(), or runs it when it will not have to wait.
Task<> start_keeping(Services& services, Keeping keeping);

}  // namespace sluice::pipeline
