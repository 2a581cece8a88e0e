#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice {

// Sixteen hexadecimal digits that name one request in the log, in the generated pages and in the tool.
using HexId = std::array<char, 16>;
inline std::string_view view(const HexId& id) noexcept {
  return {id.data(), id.size()};
}

// Makes request ids. One per worker: a generator begins at a random place of the 2^64 numbers and visits each of them
// once before it repeats; ids look random and sort in no order, but they are no secret.
// Thread: one. Cost: a few instructions an id, one system call at construction.
class HexIdGenerator {
 public:
  HexIdGenerator();
  explicit HexIdGenerator(std::uint64_t seed) noexcept : state_(seed) {}

  HexId next() noexcept;

 private:
  std::uint64_t state_;
};

}  // namespace sluice
