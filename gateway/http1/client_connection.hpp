#pragma once

#include <string>
#include <string_view>

#include "gateway/http1/message_reader.hpp"
#include "gateway/net/address.hpp"
#include "gateway/net/tcp_stream.hpp"

namespace sluice::http1 {

// A client's connection: where it came from, and its messages.
struct ClientConnection {
  ClientConnection(asio::io_context& context, Descriptor socket, TimerWheel& wheel, const policy::Address& from,
                   std::uint16_t port, std::string_view listener_mode, std::string_view listener_name)
      : stream(context, std::move(socket), wheel, Side::client),
        reader(stream, Side::client, kHeadCapacity),
        address(from),
        address_text(from.text()),
        source_port(port),
        mode(listener_mode),
        listener(listener_name) {}

  static constexpr std::size_t kHeadCapacity = 2 * 1024;  // for idle clients; a larger head grows it for its message

  net::TcpStream stream;
  MessageReader reader;
  policy::Address address;
  std::string address_text;
  std::uint16_t source_port;
  std::string_view mode;      // "explicit"
  std::string_view listener;  // where it came in, "address:port"
  std::uint64_t exchanges = 0;
  bool in_exchange = false;  // between a request's first octet and the end of its response
};

}  // namespace sluice::http1
