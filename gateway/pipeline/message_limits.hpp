#pragma once

#include "gateway/config/configuration.hpp"
#include "gateway/http/chunked.hpp"
#include "gateway/http/head.hpp"

namespace sluice::pipeline {

// The configured limits on messages as the parsers take them.

inline http::HeadLimits head_limits(const config::Configuration& configuration) noexcept {
  return {configuration.limits.head, configuration.limits.request_line, configuration.limits.fields};
}

inline http::ChunkLimits chunk_limits(const config::Configuration& configuration) noexcept {
  return {configuration.limits.chunk_extension, configuration.limits.chunk_extensions, configuration.limits.trailers};
}

}  // namespace sluice::pipeline
