#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tests/bench/cache_simulator/request_trace.hpp"

namespace sluice::simulator {

// A cache of so many octets that decides for itself what it keeps.
class Policy {
 public:
  virtual ~Policy() = default;
  // True for a hit. A miss is stored if the policy wants it; what is larger than the cache never is.
  virtual bool request(const TraceRequest& request) = 0;
};

// What every policy here needs: which keys are stored, and how many octets they take.
class CachedKeys {
 public:
  CachedKeys(std::uint32_t keys, std::uint64_t capacity) : sizes_(keys), capacity_(capacity) {}

  bool has(std::uint32_t key) const { return sizes_[key] != 0; }
  std::uint32_t size(std::uint32_t key) const { return sizes_[key]; }
  bool is_too_large(std::uint32_t size) const { return size > capacity_; }
  bool has_room(std::uint32_t size) const { return used_ + size <= capacity_; }
  std::uint64_t capacity() const { return capacity_; }
  std::uint32_t count() const { return count_; }

  void add(std::uint32_t key, std::uint32_t size) {
    sizes_[key] = size;
    used_ += size;
    ++count_;
  }
  void remove(std::uint32_t key) {
    used_ -= sizes_[key];
    sizes_[key] = 0;
    --count_;
  }

 private:
  std::vector<std::uint32_t> sizes_;  // 0: not stored
  std::uint64_t capacity_;
  std::uint64_t used_ = 0;
  std::uint32_t count_ = 0;
};

// A policy by its name on the command line. The trace is there for those that know the future; it outlives the policy.
struct PolicyKind {
  std::string_view name;
  std::string_view meaning;
  std::unique_ptr<Policy> (*make)(const RequestTrace& trace, std::uint64_t capacity);
};
std::span<const PolicyKind> policy_kinds();

struct HitRatios {
  double objects = 0;
  double octets = 0;
};
// Over the whole trace, first requests included.
HitRatios replay(const RequestTrace& trace, Policy& policy);

}  // namespace sluice::simulator
