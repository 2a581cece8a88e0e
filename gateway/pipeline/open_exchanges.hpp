#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "policy/address.hpp"

namespace sluice::pipeline {

// How many exchanges and tunnels each client has open that a `limit connections` line of the policy applies to, over
// all workers. Of each line they are counted by themselves. Thread: any. Cost: one mutex of several, for a moment, and
// only where such a line applies.
class OpenExchanges {
 public:
  // One that is open, until this goes. Lifetime: must not outlive the table.
  class Place {
   public:
    Place(Place&& other) noexcept : table_(std::exchange(other.table_, nullptr)), key_(std::move(other.key_)) {}
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class OpenExchanges;
    Place(OpenExchanges& table, std::string key) : table_(&table), key_(std::move(key)) {}
    OpenExchanges* table_;
    std::string key_;
  };

  // nullopt: the client has `most` open already. `line`: the id of the setting.
  std::optional<Place> take(const policy::Address& client, std::string_view line, std::uint32_t most);

 private:
  static constexpr std::size_t kShards = 16;
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, std::uint32_t> counts;  // no entry that is 0
  };

  Shard& shard_of(const std::string& key) { return shards_[std::hash<std::string>{}(key) % kShards]; }
  void leave(const std::string& key);

  std::array<Shard, kShards> shards_;
};

}  // namespace sluice::pipeline
