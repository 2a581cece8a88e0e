#pragma once

#include "gateway/control/daemon.hpp"

namespace sluice::control {

// Every variant stored for a URL, in memory and on disk; one that is in both is shown twice. The URL is normalised as
// one of a request is. Errors: bad_request. Cost: reads the disk.
Answer<CacheShow> show_stored(Daemon& daemon, const UrlArguments& arguments);

// Removes every variant of a URL from both tiers, also those that still wait to be written to the disk. `removed`
// counts a variant once. Errors: bad_request.
Answer<CachePurge> purge_stored(Daemon& daemon, const UrlArguments& arguments);

}  // namespace sluice::control
