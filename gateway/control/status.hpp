#pragma once

#include <optional>

#include "gateway/control/daemon.hpp"
#include "gateway/control/rates.hpp"

namespace sluice::control {

// Of the requests that the cache could have answered, how many it did: alone (hit, stale_hit), after asking the origin
// whether it still may (validated), or with a response that another request was fetching (collapsed). 0 to 1; nothing
// before the first such request.
std::optional<double> hit_ratio(const record::Totals& totals);

Status status_of(const Daemon& daemon, const Rates& rates);
CacheStats cache_stats_of(const Daemon& daemon);

// The gateway in one line, for `sluiced --live`:
// "  12.3 req/s   hit 87.2 %   denied 3   tunnels 4   connections 12   rss 41 MiB"
std::string live_line(const Daemon& daemon, const Rates& rates);

}  // namespace sluice::control
