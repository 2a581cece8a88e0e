#include "gateway/upstream/pool.hpp"

#include <algorithm>

namespace sluice::upstream {

// Nothing of the connection is touched after it left the list.
void Connection::expire(void* connection) {
  auto& self = *static_cast<Connection*>(connection);
  self.pool->drop(self);
}

void Pool::drop(Connection& expired) {
  const auto found = origins_.find(expired.pool_name);
  std::erase_if(found->second, [&](const auto& idle) { return idle.get() == &expired; });
  if (found->second.empty()) { origins_.erase(found); }
}

// An origin's empty list stays, because the connection that left it mostly comes back; a bound keeps them from
// gathering.
void Pool::drop_empty() {
  std::erase_if(origins_, [](const auto& origin) { return origin.second.empty(); });
}

ConnectionPtr Pool::take(std::string_view origin) {
  const auto found = origins_.find(origin);
  if (found == origins_.end()) { return nullptr; }
  auto& idles = found->second;
  while (!idles.empty()) {
    auto connection = std::move(idles.back());
    idles.pop_back();
    connection->idle_limit.disarm();
    if (!connection->stream.is_quiet()) { continue; }
    connection->reused = true;
    metrics_.upstream_reused.add();
    return connection;
  }
  return nullptr;
}

void Pool::put(ConnectionPtr connection, const PoolOptions& options) {
  if (options.idle_per_origin == 0) { return; }
  auto found = origins_.find(connection->pool_name);
  if (found == origins_.end()) {
    if (origins_.size() >= kOrigins) { drop_empty(); }
    found = origins_.emplace(connection->pool_name, Idles{}).first;
  }
  auto& idles = found->second;
  if (idles.size() >= options.idle_per_origin) { idles.erase(idles.begin()); }
  connection->settle();
  connection->stream.unlimit_reading();
  connection->pool = this;
  connection->idle_limit.arm(options.keep_alive);
  idles.push_back(std::move(connection));
}

void Pool::clear() {
  origins_.clear();
}

}  // namespace sluice::upstream
