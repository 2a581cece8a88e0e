#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "gateway/control/judge/replay.hpp"
#include "tools/sluice/context.hpp"

namespace sluice::cli {

struct ReplayRun {
  control::Replay::Result result;
  double seconds = 0;
};

// Judges what the logs hold by the candidate; `last`: at most so many octets of each, 0: all. Errors: bad_request when
// a log cannot be read.
control::Answer<ReplayRun> replay(const policy::Snapshot& candidate, const std::vector<std::string>& logs,
                                  std::chrono::sys_seconds since, std::uint64_t last);

std::string replay_text(const Context& context, const ReplayRun& run);
control::Json replay_json(const ReplayRun& run);

}  // namespace sluice::cli
