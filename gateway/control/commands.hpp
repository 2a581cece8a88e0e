#pragma once

#include <exception>

#include <sys/types.h>

#include "gateway/control/daemon.hpp"
#include "gateway/control/rates.hpp"

namespace sluice::control {

// What a command may look at.
struct Asked {
  Daemon& daemon;
  const Rates& rates;
  uid_t by;  // the peer's user
};

// Answers a command that has one answer and waits for nothing; those that look into the disk cache are in
// operations.hpp, and those that go on (a status that watches, log.tail) are the connection's. Errors: bad_request,
// unknown_command, and the command's own. Thread: the main thread. Cost: policy edits write and sync a file.
Answer<Json> run_command(const Asked& asked, const Request& request);

// What the operator reads when a command threw.
Error failure_of(const Request& request, const std::exception& exception);

}  // namespace sluice::control
