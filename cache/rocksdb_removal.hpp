#pragma once

#include <optional>
#include <vector>

#include "cache/read_holds.hpp"
#include "cache/rocksdb_disk.hpp"

namespace sluice::cache {

// The responses that one batch removes: with their content, or without it where somebody reads that. Destroyed without
// done(), it changed nothing.
class RocksdbRemoval {
 public:
  RocksdbRemoval(RocksdbDisk& disk, ReadHolds& holds) : disk_(disk), holds_(holds) {}
  ~RocksdbRemoval() {
    for (const auto id : removed_) { holds_.end_removal(id); }
  }
  RocksdbRemoval(const RocksdbRemoval&) = delete;
  RocksdbRemoval& operator=(const RocksdbRemoval&) = delete;

  // `octets`: what the response was charged; `content_length` is null when that is not known.
  void add(rocksdb::WriteBatch& batch, std::uint64_t id, std::uint64_t octets,
           std::optional<std::uint64_t> content_length) {
    ids_.push_back(id);
    if (holds_.begin_removal(id)) {
      removed_.push_back(id);
      disk_.remove_response(batch, id, content_length);
    } else {
      left_.push_back({id, octets});
      disk_.leave_content(batch, id);
    }
  }

  // The batch was written. Returns the octets that are still on disk for their readers.
  std::uint64_t done() {
    std::uint64_t octets = 0;
    for (const auto& left : left_) {
      octets += left.octets;
      holds_.leave(left);
    }
    return octets;
  }
  const std::vector<std::uint64_t>& ids() const noexcept { return ids_; }

 private:
  RocksdbDisk& disk_;
  ReadHolds& holds_;
  std::vector<std::uint64_t> ids_;
  std::vector<std::uint64_t> removed_;
  std::vector<ReadHolds::Left> left_;
};

}  // namespace sluice::cache
