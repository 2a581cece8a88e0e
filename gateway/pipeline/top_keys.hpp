#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.hpp"

namespace sluice::pipeline {

// The keys that are asked for most, roughly, and how often the store answered: Space-Saving (Metwally, Agrawal, El
// Abbadi 2005), over every request at first and over one in eight once there are many. A key that was asked for more
// often than one in kPlaces of all requests is among them. Counts fade: they are halved every ten minutes. Thread: a
// worker's own. Cost: a few ns a request; for one in eight a look at kPlaces numbers.
class TopKeys {
 public:
  struct Entry {
    std::string key;
    std::uint64_t requests = 0;
    std::uint64_t hits = 0;
  };
  static constexpr std::size_t kPlaces = 256;

  void note(std::string_view key, bool is_hit) {
    if (seen_ < kAllOfTheFirst) {
      ++seen_;
      return add(key, is_hit, 1);
    }
    random_ ^= random_ << 13;  // xorshift: a stride would follow clients that ask in a pattern
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    if (random_ % kOneIn == 0) { add(key, is_hit, kOneIn); }
  }

  // Requests that were counted for the key itself: there may have been more, ahead of the time that it was noticed.
  std::vector<Entry> entries() const {
    std::vector<Entry> all(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(used_));
    for (std::size_t place = 0; place < used_; ++place) { all[place].requests -= inherited_[place]; }
    return all;
  }

 private:
  static constexpr std::uint64_t kAllOfTheFirst = 4096;
  static constexpr std::uint64_t kOneIn = 8;
  static constexpr milliseconds kHalfLife{600 * 1000};

  void add(std::string_view key, bool is_hit, std::uint64_t weight) {
    fade();
    const auto hash = std::hash<std::string_view>{}(key);
    const auto end = hashes_.begin() + static_cast<std::ptrdiff_t>(used_);
    auto place = static_cast<std::size_t>(std::find(hashes_.begin(), end, hash) - hashes_.begin());
    if (place == used_) { place = place_for(key, hash); }
    entries_[place].requests += weight;
    entries_[place].hits += is_hit ? weight : 0;
  }

  // A free place, or that of the key asked for least, whose count the new one inherits: it may have been asked for so
  // often.
  std::size_t place_for(std::string_view key, std::size_t hash) {
    std::size_t place = used_;
    if (used_ < kPlaces) {
      ++used_;
      entries_[place] = {};
    } else {
      const auto least = std::ranges::min_element(entries_, {}, &Entry::requests);
      place = static_cast<std::size_t>(least - entries_.begin());
      entries_[place].hits = 0;
      inherited_[place] = entries_[place].requests;
    }
    hashes_[place] = hash;
    entries_[place].key = key;
    return place;
  }

  void fade() {
    const auto now = coarse_now();
    if (now < next_fade_) { return; }
    const bool is_first = next_fade_ == SteadyTime{};
    next_fade_ = now + kHalfLife;
    if (is_first) { return; }
    for (auto& entry : entries_) {
      entry.requests /= 2;
      entry.hits /= 2;
    }
    for (auto& requests : inherited_) { requests /= 2; }
  }

  std::array<std::size_t, kPlaces> hashes_{};
  std::array<Entry, kPlaces> entries_{};
  std::array<std::uint64_t, kPlaces> inherited_{};
  std::size_t used_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t random_ = 0x9E3779B97F4A7C15;
  SteadyTime next_fade_{};
};

}  // namespace sluice::pipeline
