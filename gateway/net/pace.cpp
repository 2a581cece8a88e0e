#include "gateway/net/pace.hpp"

#include <algorithm>
#include <chrono>

namespace sluice::net {

namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kSecond = std::chrono::seconds(1);
constexpr std::uint64_t kNanosASecond = 1'000'000'000;
constexpr std::uint64_t kPortionsASecond = 16;

}  // namespace

Pace::Pace(std::uint64_t rate, SteadyTime now) : rate_(rate), used_until_(now - kSecond) {}

std::size_t Pace::allow(std::size_t wanted, SteadyTime now) noexcept {
  used_until_ = std::max(used_until_, now - kSecond);
  if (now <= used_until_) { return 0; }
  const auto earned = static_cast<std::uint64_t>((now - used_until_) / nanoseconds(1)) * rate_ / kNanosASecond;
  return earned < portion(wanted) ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(earned, wanted));
}

SteadyTime Pace::when(std::size_t wanted) const noexcept {
  return used_until_ + time_for(portion(wanted));
}

std::uint64_t Pace::portion(std::size_t wanted) const noexcept {
  return std::min<std::uint64_t>(wanted, std::max<std::uint64_t>(rate_ / kPortionsASecond, 1));
}

// Rounded up, so that rounding never makes it faster. At most a second: the product fits.
nanoseconds Pace::time_for(std::uint64_t octets) const noexcept {
  const auto product = octets * kNanosASecond;
  return nanoseconds(static_cast<std::int64_t>((product + rate_ - 1) / rate_));
}

Task<Result<std::size_t>> wait_for_allowance(Pace& pace, TcpStream& to, std::size_t wanted) {
  for (;;) {
    const auto allowed = pace.allow(wanted, std::chrono::steady_clock::now());
    if (allowed > 0) { co_return allowed; }
    const auto rested = co_await to.rest_until(pace.when(wanted));
    if (!rested) { co_return std::unexpected(rested.error()); }
  }
}

}  // namespace sluice::net
