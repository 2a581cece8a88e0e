#pragma once

#include <cstdint>
#include <vector>

namespace sluice::simulator {

// The links of all keys; a key is in one list at a time.
struct KeyLinks {
  explicit KeyLinks(std::uint32_t keys) : newer(keys), older(keys) {}
  std::vector<std::uint32_t> newer, older;
};

// Keys in the order in which they were pushed.
class KeyList {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit KeyList(KeyLinks& links) : links_(links) {}

  void push(std::uint32_t key, std::uint32_t size) {
    links_.newer[key] = kNone;
    links_.older[key] = newest_;
    (newest_ != kNone ? links_.newer[newest_] : oldest_) = key;
    newest_ = key;
    octets_ += size;
  }
  void remove(std::uint32_t key, std::uint32_t size) {
    const auto newer = links_.newer[key];
    const auto older = links_.older[key];
    (newer != kNone ? links_.older[newer] : newest_) = older;
    (older != kNone ? links_.newer[older] : oldest_) = newer;
    octets_ -= size;
  }
  std::uint32_t oldest() const { return oldest_; }
  std::uint32_t newer_than(std::uint32_t key) const { return links_.newer[key]; }
  bool is_empty() const { return oldest_ == kNone; }
  std::uint64_t octets() const { return octets_; }

 private:
  KeyLinks& links_;
  std::uint32_t newest_ = kNone;
  std::uint32_t oldest_ = kNone;
  std::uint64_t octets_ = 0;
};

}  // namespace sluice::simulator
