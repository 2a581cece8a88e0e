#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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
  explicit Pool(record::WorkerMetrics& metrics) : metrics_(metrics) {}

  // A connection that is open and quiet, or null. What the peer closed or spoke on out of turn is thrown away.
  ConnectionPtr take(std::string_view origin);

  // Takes it back under its `pool_name`. REQUIRES: the exchange on it ended cleanly with nothing left over.
  void put(ConnectionPtr connection, const PoolOptions& options);

  void clear();

 private:
  friend struct Connection;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  using Idles = std::vector<ConnectionPtr>;  // the most recently used last

  static constexpr std::size_t kOrigins = 1024;  // remembered while they have no idle connection

  void drop(Connection& expired);
  void drop_empty();

  record::WorkerMetrics& metrics_;
  std::unordered_map<std::string, Idles, Hash, std::equal_to<>> origins_;
};

}  // namespace sluice::upstream
