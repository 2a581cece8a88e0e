#include <algorithm>
#include <deque>
#include <numeric>
#include <unordered_set>

#include "cache/rocksdb_tier.hpp"

namespace sluice::cache {
namespace {

constexpr std::uint64_t kMostTogether = 512ULL << 10;  // octets of content

}  // namespace

void RocksdbTier::put_all(std::span<const StoredResponsePtr> responses) {
  while (!responses.empty()) {
    const auto together = std::max<std::size_t>(count_together(responses), 1);
    if (together == 1) {
      [[maybe_unused]] const auto counted = put(responses.front());
    } else {
      const auto group = responses.first(together);
      if (const auto written = write_together(group); !written) {
        refused_.fetch_add(together, std::memory_order_relaxed);
        for (const auto& response : group) { give_way(response->head.key, written.error()); }
      }
    }
    responses = responses.subspan(together);
  }
}

// How many at the front go into one batch: small ones, each of another key, because a record is read from the disk
// before it is changed.
std::size_t RocksdbTier::count_together(std::span<const StoredResponsePtr> responses) const {
  std::unordered_set<std::string_view> keys;
  std::uint64_t octets = 0;
  for (const auto& response : responses) {
    octets += response->head.content_length;
    if (octets > kMostTogether || !fits_one_chunk(*response) || !keys.insert(response->head.key).second) { break; }
  }
  return keys.size();
}

bool RocksdbTier::fits_one_chunk(const StoredResponse& response) const {
  const auto length = response.head.content_length;
  const auto held = std::accumulate(response.segments.begin(), response.segments.end(), std::uint64_t{0},
                                    [](std::uint64_t sum, const Segment& segment) { return sum + segment.size; });
  return held == length && length <= chunk_size(next_id_) && !is_too_large(length) && is_storable(response.head);
}

// All or none.
StoreResult RocksdbTier::write_together(std::span<const StoredResponsePtr> responses) {
  std::uint64_t charge = 0;
  for (const auto& response : responses) { charge += disk_charge(response->head, chunk_size(next_id_)); }
  reclaim_if_needed();
  const Lock lock(changes_);
  if (auto admitted = admit_write(); !admitted) { return admitted; }
  if (auto room = make_room(charge); !room) { return room; }
  rocksdb::WriteBatch batch(charge);
  std::deque<Staged> staged;
  for (const auto& response : responses) {
    Completed completed;
    completed.id = new_id();
    completed.rest = response->segments;
    stage(batch, response->head, completed, staged.emplace_back(disk_, *holds_));
  }
  if (auto written = disk_.write(batch); !written) { return written; }
  for (auto& one : staged) { note_stored(one.record.key, one.entry, one.replaced, false); }
  return {};
}

}  // namespace sluice::cache
