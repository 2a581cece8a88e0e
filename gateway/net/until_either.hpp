#pragma once

#include "gateway/net/tcp_stream.hpp"

namespace sluice::net {

// Waits as stream.until_readable() does, but no longer than until `other` has something to read, be it its end, which
// is_quiet() tells. It stays unread. REQUIRES: nobody else reads from the two.
Task<> until_either_readable(asio::io_context& context, TcpStream& stream, TcpStream& other);

}  // namespace sluice::net
