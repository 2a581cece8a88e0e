#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <sys/uio.h>

#include "gateway/base/clock.hpp"
#include "gateway/base/error.hpp"
#include "gateway/base/task.hpp"

namespace sluice::net {

// Octets both ways, each under a limit, over TCP (TcpStream) or TLS (tls::TlsStream): what messages are read from and
// written to. A call tries first; only what would block suspends.
// At most one read and one write may be under way at a time. Thread: the worker's.
class Stream {
 public:
  virtual ~Stream() = default;

  // When reading has not ended by then it fails with `kind`. Holds for every read until changed.
  virtual void limit_reading_until(SteadyTime when, ErrorKind kind) = 0;
  void limit_reading(milliseconds from_now, ErrorKind kind) { limit_reading_until(coarse_now() + from_now, kind); }
  virtual void limit_writing(milliseconds from_now) = 0;  // a new write starts the time anew; 0: none

  // Without waiting. nullopt: would block, or others shall have their turn; then until_readable(), and try again. 0:
  // the peer has finished sending, and said so as far as the protocol has a word for it.
  virtual std::optional<Result<std::size_t>> try_read(std::span<char> into) = 0;
  // `into`: where the next read will read to, or empty; it must stay until then.
  virtual Task<> until_readable(std::span<char> into) = 0;
  Task<Result<std::size_t>> read_some(std::span<char> into);

  // `pieces` is used up. `more_follows`: what comes next may share a packet with the end of it.
  virtual Task<Result<void>> write(std::span<iovec> pieces, bool more_follows) = 0;
  Task<Result<void>> write(std::string_view octets);

  virtual void cancel() noexcept = 0;  // pending operations fail, and all later ones, with `shutting_down`
  virtual void close() noexcept = 0;
};

}  // namespace sluice::net
