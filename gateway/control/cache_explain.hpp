#pragma once

#include "gateway/base/mailbox.hpp"
#include "gateway/base/task.hpp"
#include "gateway/control/daemon.hpp"

namespace sluice::control {

// What a request for the URL with these fields would find now, and why: nothing is sent, and nothing that is stored
// changes. Of the policy in force it is asked under which key, and whether the cache is used at all. Errors:
// bad_request, failed when too much waits for the disk.
Task<Answer<CacheExplain>> explain_lookup(Daemon& daemon, Mailbox& mailbox, CacheExplainArguments arguments);

}  // namespace sluice::control
