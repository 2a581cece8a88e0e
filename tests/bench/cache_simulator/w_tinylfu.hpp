#pragma once

#include <array>

#include "tests/bench/cache_simulator/key_list.hpp"
#include "tests/bench/cache_simulator/policy.hpp"

namespace sluice::simulator {

// How often keys were asked for lately: a count-min sketch of small counters that are halved from time to time.
class FrequencySketch {
 public:
  explicit FrequencySketch(std::uint64_t counters);

  void add(std::uint32_t key);
  std::uint32_t estimate(std::uint32_t key) const;
  std::uint64_t additions() const { return additions_; }
  void halve();

 private:
  static constexpr std::uint8_t kMost = 15;
  std::size_t place(std::uint32_t key, std::uint64_t row) const;

  std::vector<std::uint8_t> counters_;
  std::uint64_t additions_ = 0;
};

// W-TinyLFU (Einziger, Friedman and Manes, 2017), and its forms for responses of different sizes (the same authors,
// "Lightweight Robust Size Aware Cache Management", 2021). A window of 1 % in order of use; what leaves it is admitted
// to the main part, a segmented LRU, if it is worth more than what it would displace there.
class WTinyLfu final : public Policy {
 public:
  enum class Worth {
    uses,            // more uses than each that it displaces ("implicit victims")
    all_uses,        // more uses than all that it displaces together ("aggregated victims")
    uses_per_octet,  // more uses an octet than each that it displaces
  };

  WTinyLfu(const RequestTrace& trace, std::uint64_t capacity, Worth worth);

  bool request(const TraceRequest& request) override;

 private:
  enum Segment : std::uint8_t { window, probation, protected_ };

  void use(std::uint32_t key);
  void offer(std::uint32_t candidate);
  bool is_worth_more(std::uint32_t candidate, const std::vector<std::uint32_t>& victims) const;
  std::vector<std::uint32_t> victims_for(std::uint32_t size) const;
  void move(std::uint32_t key, Segment segment);

  CachedKeys cached_;
  KeyLinks links_;
  std::array<KeyList, 3> lists_;
  std::vector<Segment> segments_;
  FrequencySketch sketch_;
  std::uint64_t window_capacity_;
  std::uint64_t main_capacity_;
  Worth worth_;
};

}  // namespace sluice::simulator
