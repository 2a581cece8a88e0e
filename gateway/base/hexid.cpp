#include "gateway/base/hexid.hpp"

#include <cerrno>
#include <chrono>

#include <sys/random.h>

namespace sluice {
namespace {

// getrandom(2) fails for no reason but a kernel without it (or a filter that forbids it): the clock and the place of
// the stack are different enough for ids that are no secret.
std::uint64_t random_seed() noexcept {
  std::uint64_t seed = 0;
  ssize_t got = 0;
  do { got = ::getrandom(&seed, sizeof seed, 0); } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof seed)) { return seed; }
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return static_cast<std::uint64_t>(now) ^ reinterpret_cast<std::uintptr_t>(&seed);
}

}  // namespace

HexIdGenerator::HexIdGenerator() : state_(random_seed()) {}

// The SplitMix64 step: a Weyl sequence, which visits every number, behind a mixing function that has an inverse.
HexId HexIdGenerator::next() noexcept {
  std::uint64_t number = (state_ += 0x9e3779b97f4a7c15);
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  number ^= number >> 31;
  HexId id;
  for (char& digit : id) {
    digit = "0123456789abcdef"[number >> 60];
    number <<= 4;
  }
  return id;
}

}  // namespace sluice
