#pragma once

#include "gateway/pipeline/keep.hpp"

namespace sluice::pipeline {

// Reads a part of a response (206) to its end, however many clients follow. Each chunk is stored as soon as it came
// whole; octets at the ends that make no chunk are kept in memory when the end of the part was proven. When nobody
// reads any more, only what was asked for on purpose (the rest of a chunk, what is read ahead) is still fetched.
// Spawned: takes values. REQUIRES: the fill's head has a range.
Task<> keep_part(Services* services, Keeping keeping);

}  // namespace sluice::pipeline
