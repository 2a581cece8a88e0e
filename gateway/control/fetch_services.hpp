#pragma once

#include <memory>
#include <string>

#include "gateway/base/timer_wheel.hpp"
#include "gateway/record/metrics.hpp"
#include "gateway/upstream/connector.hpp"
#include "gateway/upstream/resolver.hpp"

namespace sluice::control {

// How lists are fetched.
struct FetchOptions {
  upstream::ResolverOptions resolver;
  std::string trust;              // file of authorities beside the system's, for https; "": none
  milliseconds patience{30'000};  // for each wait: connecting, a handshake, a head, the next octets
};

// What lists are fetched with. Shared by the fetcher and its coroutines: they may outlive it, and find it closed then.
// Thread: the main thread. Lifetime: the context's, but for its memory.
struct FetchServices {
  FetchServices(asio::io_context& on, const FetchOptions& wanted)
      : context(on),
        options(wanted),
        resolver(std::make_unique<upstream::Resolver>(context, options.resolver, metrics)),
        connector(context, wheel, *resolver, metrics) {}

  bool is_closed() const noexcept { return resolver == nullptr; }
  void close() { resolver.reset(); }

  asio::io_context& context;
  FetchOptions options;
  TimerWheel wheel;
  record::WorkerMetrics metrics;  // of what workers do; nobody reads these
  std::unique_ptr<upstream::Resolver> resolver;
  upstream::Connector connector;
  int fetches = 0;  // under way
  bool is_ticking = false;
};

}  // namespace sluice::control
