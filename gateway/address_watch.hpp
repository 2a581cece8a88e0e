#pragma once

#include <functional>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "gateway/base/task.hpp"

namespace sluice {

// Hears from the kernel when an address of this host comes or goes (rtnetlink(7)).
// Thread: that of its context.
class AddressWatch {
 public:
  // Throws std::system_error when the kernel does not tell.
  explicit AddressWatch(asio::io_context& context);

  // Calls `changed` after each change, several at once counting as one, until the context ends.
  Task<> run(std::function<void()> changed);

 private:
  asio::posix::basic_stream_descriptor<Executor> socket_;
};

}  // namespace sluice
