#pragma once

#include "gateway/base/mailbox.hpp"
#include "gateway/base/task.hpp"
#include "gateway/control/daemon.hpp"

namespace sluice::control {

// What is stored of a host, below a prefix or with a tag, or at all; a variant that is in both tiers once. Goes through
// the stores in steps until `limit` responses were found. Errors: bad_request, failed when too much waits for the disk.
Task<Answer<CacheList>> list_stored(Daemon& daemon, Mailbox& mailbox, CacheListArguments arguments);

// The keys that are asked for most, all workers together. Errors: bad_request.
Task<Answer<CacheTop>> list_top(Daemon& daemon, Mailbox& mailbox, CacheTopArguments arguments);

}  // namespace sluice::control
