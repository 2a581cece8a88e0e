#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "tests/bench/cache_simulator/request_trace.hpp"

namespace sluice::simulator {

// The size of a cache as it is written on the command line: octets ("64MiB"), or a part of all distinct octets of the
// trace ("10%").
class Capacity {
 public:
  // Errors: a sentence for the user.
  static std::expected<Capacity, std::string> parse(std::string_view text);

  std::uint64_t octets(std::uint64_t distinct_octets) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  double share_ = 0;  // of the distinct octets; 0: `octets_` holds
  std::uint64_t octets_ = 0;
};

}  // namespace sluice::simulator
