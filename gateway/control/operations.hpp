#pragma once

#include "gateway/base/mailbox.hpp"
#include "gateway/base/task.hpp"
#include "gateway/control/daemon.hpp"

namespace sluice::control {

// The commands that look into the stores: they wait for the disk on a thread of its own, while the main thread goes on
// with what others ask.
bool is_operation(const Request& request) noexcept;

// Errors: bad_request, and the command's own. REQUIRES: is_operation(request). Thread: the main thread, whose mailbox
// it is.
Task<Answer<Json>> run_operation(Daemon& daemon, Mailbox& mailbox, const Request& request);

}  // namespace sluice::control
