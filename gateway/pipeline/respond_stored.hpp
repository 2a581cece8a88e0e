#pragma once

#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// Sends a stored response: whole, or the part that was asked for (206, 416), or what the client's own conditions make
// of it (304, 412). Errors: those of the client's stream, and of reading the disk.
Task<Result<void>> send_stored(Exchange& exchange, const FromStore& stored);

}  // namespace sluice::pipeline
