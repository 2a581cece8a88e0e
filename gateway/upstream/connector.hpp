#pragma once

#include <functional>
#include <string>

#include "gateway/record/metrics.hpp"
#include "gateway/upstream/connection.hpp"
#include "gateway/upstream/resolver.hpp"

namespace sluice::upstream {

struct ConnectOptions {
  milliseconds limit{5000};
};

// Opens upstream connections for one worker: resolve, judge every address, race what is left.
// Thread: the worker's.
class Connector {
 public:
  // Says whether this very address may be connected: called after resolution, for literal addresses too.
  using Judge = std::function<bool(const policy::Address&)>;

  Connector(asio::io_context& context, TimerWheel& wheel, Resolver& resolver, record::WorkerMetrics& metrics)
      : context_(context), wheel_(wheel), resolver_(resolver), metrics_(metrics) {}

  // Errors: those of the resolver, destination_ip_prohibited when `judge` took no address, those of the race,
  // connection_limit_reached when there is no descriptor left.
  Task<Result<ConnectionPtr>> connect(const std::string& host, std::uint16_t port, const Judge& judge,
                                      const ConnectOptions& options);

 private:
  asio::io_context& context_;
  TimerWheel& wheel_;
  Resolver& resolver_;
  record::WorkerMetrics& metrics_;
};

}  // namespace sluice::upstream
