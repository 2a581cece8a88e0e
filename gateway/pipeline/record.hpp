#pragma once

#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// The end of every exchange, denied and failed ones too: counts it and writes its line of the access log.
void record(Exchange& exchange);

}  // namespace sluice::pipeline
