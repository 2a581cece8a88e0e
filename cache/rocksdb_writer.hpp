#pragma once

#include <vector>

#include "cache/rocksdb_tier.hpp"

namespace sluice::cache {

// A response being written to disk, a chunk at a time. What fits one chunk is not written before commit.
class RocksdbWriter final : public StoreWriter {
 public:
  explicit RocksdbWriter(RocksdbTier& tier);
  ~RocksdbWriter() override;

  StoreResult append(Segment segment) override;
  std::expected<StoredResponsePtr, StoreError> commit(StoredHead head) override;  // once at most

 private:
  void hold(Segment segment);
  StoreResult write_pending();
  std::unexpected<StoreError> fail(StoreError error);
  std::unexpected<StoreError> give_way(std::string_view key, StoreError error);
  void abandon();

  RocksdbTier& tier_;
  const std::uint64_t id_;
  std::vector<Segment> pending_;
  std::uint64_t pending_size_ = 0;
  std::uint64_t content_ = 0;
  std::uint64_t reserved_ = 0;
  std::uint32_t chunks_ = 0;
  bool is_over_ = false;
  StoreError error_ = StoreError::store_failed;  // what every call after the end says
};

}  // namespace sluice::cache
