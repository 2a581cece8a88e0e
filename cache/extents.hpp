#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace sluice::cache {

// Which parts of a range of that size are free. Takes the smallest free part that is large enough, from its front;
// neighbours that are both free become one.
// Cost: the logarithm of the number of free parts.
class Extents {
 public:
  explicit Extents(std::uint64_t size);

  std::optional<std::uint64_t> take(std::uint64_t size);  // where it begins; none: no free part is so large
  void give(std::uint64_t begin, std::uint64_t size);     // REQUIRES: taken, and not given back yet
  std::uint64_t free() const noexcept { return free_; }

 private:
  void insert(std::uint64_t begin, std::uint64_t size);
  void erase(std::map<std::uint64_t, std::uint64_t>::iterator part);

  std::map<std::uint64_t, std::uint64_t> by_begin_;            // sizes
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;  // size, begin
  std::uint64_t free_ = 0;
};

}  // namespace sluice::cache
