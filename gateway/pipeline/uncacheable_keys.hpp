#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "gateway/base/clock.hpp"

namespace sluice::pipeline {

// Keys whose last response could not be stored: requests for them are forwarded at once and never queue behind one
// another. A bounded table of hashes; a collision only forgets, or forwards once without collapsing.
// Thread: the worker's.
class UncacheableKeys {
 public:
  void remember(std::string_view key, milliseconds time) {
    const auto hash = std::hash<std::string_view>{}(key);
    entries_[hash % entries_.size()] = {hash, coarse_now() + time};
  }
  void forget(std::string_view key) {
    const auto hash = std::hash<std::string_view>{}(key);
    auto& entry = entries_[hash % entries_.size()];
    if (entry.hash == hash) { entry = {}; }
  }
  bool has(std::string_view key) const {
    const auto hash = std::hash<std::string_view>{}(key);
    const auto& entry = entries_[hash % entries_.size()];
    return entry.hash == hash && coarse_now() < entry.until;
  }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    SteadyTime until{};
  };
  std::array<Entry, 8192> entries_{};
};

}  // namespace sluice::pipeline
