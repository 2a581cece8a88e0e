#pragma once

#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "gateway/base/task.hpp"
#include "policy/address.hpp"

namespace sluice::net {

policy::Address to_address(const asio::ip::address& address) noexcept;
asio::ip::tcp::endpoint to_endpoint(const policy::Address& address, std::uint16_t port);
std::string text_of(const policy::Address& address, std::uint16_t port);  // "127.0.0.1:80", "[::1]:80"

}  // namespace sluice::net
