#include "gateway/address_watch.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "gateway/base/descriptor.hpp"

namespace sluice {

namespace {

int open_netlink() {
  Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl group{};
  group.nl_family = AF_NETLINK;
  group.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (!socket.is_open() || ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&group), sizeof group) != 0) {
    throw std::system_error(errno, std::system_category(), "rtnetlink");
  }
  return socket.release();
}

}  // namespace

AddressWatch::AddressWatch(asio::io_context& context) : socket_(context, open_netlink()) {}

Task<> AddressWatch::run(std::function<void()> changed) {
  for (;;) {
    boost::system::error_code failed;
    co_await socket_.async_wait(asio::posix::descriptor_base::wait_read, asio::redirect_error(use_task, failed));
    if (failed) { co_return; }
    // What the messages say is not read: a message may be lost (ENOBUFS), and the addresses are asked for anew anyway.
    std::array<char, 8192> message;
    while (::recv(socket_.native_handle(), message.data(), message.size(), MSG_DONTWAIT) > 0 || errno == ENOBUFS) {}
    changed();
  }
}

}  // namespace sluice
