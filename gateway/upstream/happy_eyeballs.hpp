#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "gateway/base/error.hpp"
#include "gateway/base/task.hpp"
#include "policy/address.hpp"

namespace sluice::upstream {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

struct Connected {
  Socket socket;            // TCP_NODELAY is set
  policy::Address address;  // the one it is connected to
};

// RFC 8305 section 4: both families in turn, IPv6 first; the order within a family stays.
std::vector<policy::Address> interleave(const std::vector<policy::Address>& addresses);

// Connects to the first of the addresses that answers: the next attempt begins when one has failed, or after
// `attempt_delay` without an answer (RFC 8305 section 5 recommends 250 ms). All together have `limit`.
// REQUIRES: policy has judged the addresses. Suspends.
// Errors: connection_refused, destination_ip_unroutable, connection_timeout (upstream), the most telling of the
// attempts'; connection_limit_reached (gateway) when there is no descriptor left.
Task<Result<Connected>> connect_race(asio::io_context& context, std::vector<policy::Address> addresses,
                                     std::uint16_t port, std::chrono::milliseconds attempt_delay,
                                     std::chrono::milliseconds limit);

}  // namespace sluice::upstream
