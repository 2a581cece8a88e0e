#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace sluice::cache {

// Octets that the allocator takes for a block of `octets`: glibc's keeps eight ahead of each block, rounds up to
// sixteen, and takes 32 at least. A block that gets pages of its own (from 128 KiB on) is rounded up to whole pages
// instead, 3 % more at worst.
constexpr std::size_t allocated(std::size_t octets) noexcept {
  constexpr std::size_t kHeader = 8;
  constexpr std::size_t kGrain = 16;
  constexpr std::size_t kLeast = 32;
  if (octets == 0) { return 0; }
  return std::max(kLeast, (octets + kHeader + kGrain - 1) / kGrain * kGrain);
}

// What std::make_shared puts ahead of the value: a virtual table and two counts.
inline constexpr std::size_t kSharedHeader = 16;

// Octets of a string beside the object itself: none while its text fits into it.
inline std::size_t allocated_by(const std::string& text) noexcept {
  return text.capacity() <= std::string().capacity() ? 0 : allocated(text.capacity() + 1);
}

}  // namespace sluice::cache
