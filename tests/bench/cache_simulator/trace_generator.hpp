#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tests/bench/cache_simulator/request_trace.hpp"

namespace sluice::simulator {

// What a generated trace looks like. The same options make the same trace on every machine.
struct GeneratorOptions {
  std::uint32_t keys = 100'000;  // of the popular ones; some kinds add others
  std::uint32_t requests = 1'000'000;
  std::uint64_t seed = 1;
  std::uint32_t fixed_size = 0;  // octets of every response; 0: sizes as on the web, see web_size()
};

// A kind of trace, by its name on the command line.
struct TraceKind {
  std::string_view name;
  std::string_view meaning;
  RequestTrace (*generate)(const GeneratorOptions& options);
};
std::span<const TraceKind> trace_kinds();
std::optional<RequestTrace> generate_trace(std::string_view kind, const GeneratorOptions& options);

}  // namespace sluice::simulator
