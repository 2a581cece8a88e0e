#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/record/metrics.hpp"
#include "gateway/upstream/connection.hpp"

namespace sluice::upstream {

struct PoolOptions {
  milliseconds keep_alive{30000};
  std::size_t idle_per_origin = 64;
};

// Idle upstream connections of one worker, by origin ("host:port"), the most recently used first.
// Thread: the worker's.
class Pool {
 public:
  Pool(TimerWheel& wheel, record::WorkerMetrics& metrics) : wheel_(wheel), metrics_(metrics) {}
  ~Pool();

  // A connection that is open and quiet, or null. What the peer closed or spoke on out of turn is thrown away.
  ConnectionPtr take(std::string_view origin);

  // REQUIRES: the exchange on it ended cleanly with nothing left over.
  void put(std::string_view origin, ConnectionPtr connection, const PoolOptions& options);

  void clear();

 private:
  // Takes itself out of its list when its time is over.
  struct Idle {
    Idle(TimerWheel& wheel, ConnectionPtr idle, Pool& pool, const std::string& name)
        : connection(std::move(idle)), owner(pool), origin(name), deadline(wheel, &Idle::expire, this) {}
    static void expire(void* context);

    ConnectionPtr connection;
    Pool& owner;
    std::string origin;
    std::list<Idle>::iterator place;
    Deadline deadline;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  using Idles = std::list<Idle>;

  static constexpr std::size_t kOrigins = 1024;  // remembered while they have no idle connection

  void drop_empty();

  TimerWheel& wheel_;
  record::WorkerMetrics& metrics_;
  std::unordered_map<std::string, Idles, Hash, std::equal_to<>> origins_;
};

}  // namespace sluice::upstream
