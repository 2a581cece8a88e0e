#pragma once

#include "gateway/pipeline/purge.hpp"

namespace sluice::pipeline {

// A purge table that fills up is emptied by carrying its purges out: goes through both tiers step by step, removes what
// a hard purge touched, marks what a soft one touched, and forgets the purges up to `number`. REQUIRES: whatever was
// asked for ahead of that purge is in a store by now, or never will be (kOldestFill). Thread: `mailbox` is the calling
// thread's; each step is short.
Task<> sweep_purges(PurgePlaces places, std::uint64_t number, Mailbox& mailbox);

// A response that took longer than this to come is not stored when something was purged since it was asked for; and
// only purges that are older than twice as long are swept.
inline constexpr std::chrono::seconds kOldestFill{3600};

}  // namespace sluice::pipeline
