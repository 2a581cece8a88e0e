#include "gateway/upstream/pool.hpp"

namespace sluice::upstream {

// Nothing of the connection is touched after it left the list.
void Pool::Idle::expire(void* context) {
  auto& self = *static_cast<Idle*>(context);
  auto& pool = self.owner;
  const auto found = pool.origins_.find(self.origin);
  found->second.erase(self.place);
  if (found->second.empty()) { pool.origins_.erase(found); }
}

// An origin's empty list stays, because the connection that left it mostly comes back; a bound keeps them from
// gathering.
void Pool::drop_empty() {
  std::erase_if(origins_, [](const auto& origin) { return origin.second.empty(); });
}

Pool::~Pool() {
  clear();
}

ConnectionPtr Pool::take(std::string_view origin) {
  const auto found = origins_.find(origin);
  if (found == origins_.end()) { return nullptr; }
  auto& idles = found->second;
  ConnectionPtr taken;
  while (taken == nullptr && !idles.empty()) {
    auto connection = std::move(idles.front().connection);
    idles.pop_front();
    if (connection->stream.is_quiet()) {
      connection->reused = true;
      metrics_.upstream_reused.add();
      taken = std::move(connection);
    }
  }
  return taken;
}

void Pool::put(std::string_view origin, ConnectionPtr connection, const PoolOptions& options) {
  if (options.idle_per_origin == 0) { return; }
  auto found = origins_.find(origin);
  if (found == origins_.end()) {
    if (origins_.size() >= kOrigins) { drop_empty(); }
    found = origins_.emplace(std::string(origin), Idles{}).first;
  }
  auto& idles = found->second;
  if (idles.size() >= options.idle_per_origin) { idles.pop_back(); }
  connection->settle();
  connection->stream.unlimit_reading();
  idles.emplace_front(wheel_, std::move(connection), *this, found->first);
  idles.front().place = idles.begin();
  idles.front().deadline.arm(options.keep_alive);
}

void Pool::clear() {
  origins_.clear();
}

}  // namespace sluice::upstream
