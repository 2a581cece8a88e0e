#pragma once

#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// The commonest case of all: a small, whole response out of memory is left to be sent at the end of the turn, in one
// piece. False: send_stored() is needed. REQUIRES: the response is resident.
bool leave_stored(Exchange& exchange, const FromStore& stored);

// Sends a stored response: whole, or the part that was asked for (206, 416), or what the client's own conditions make
// of it (304, 412). Errors: those of the client's stream, and of reading the disk.
Task<Result<void>> send_stored(Exchange& exchange, const FromStore& stored);

}  // namespace sluice::pipeline
