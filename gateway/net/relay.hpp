#pragma once

#include <functional>
#include <optional>

#include "gateway/net/pipe_pool.hpp"
#include "gateway/net/tcp_stream.hpp"

namespace sluice::net {

struct RelayOptions {
  milliseconds idle{3600 * 1000};  // nothing in either direction for so long ends the tunnel
  milliseconds write{60 * 1000};
  std::uint64_t rate = 0;  // octets a second in each direction, on average; 0: as fast as they come
  // What becomes of the client's first octets, once there are some: it reads them, and sends on what it wants to. Until
  // then nothing goes upstream. Without one they are passed on like all that follow.
  std::function<Task<Result<void>>()> open_upward = {};
};

// Passes octets both ways until both sides have finished, one fails, or nothing moves for `idle`. A side that finishes
// sending is passed on as such (half-close). The first octets of a direction are copied; once it carries bulk it is
// spliced inside the kernel.
// Returns the error that ended it; nullopt when both sides finished. Octets are counted on the streams.
// Suspends. Both streams may be cancelled from outside at any time.
Task<std::optional<Error>> relay(asio::io_context& context, TcpStream& client, TcpStream& upstream, PipePool& pipes,
                                 const RelayOptions& options);

}  // namespace sluice::net
