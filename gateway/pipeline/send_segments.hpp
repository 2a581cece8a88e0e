#pragma once

#include <span>

#include "cache/ranges.hpp"
#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// Sends the head in exchange.out and a range of resident content. What lies in the content memory is sent from where it
// is (sendfile(2)), the rest is copied into the socket.
// REQUIRES: the segments hold the range.
Task<Result<void>> send_segments(Exchange& exchange, std::span<const cache::Segment> segments, cache::ByteRange range,
                                 int status);

}  // namespace sluice::pipeline
