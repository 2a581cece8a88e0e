#include "gateway/net/until_either.hpp"

#include <boost/asio/co_spawn.hpp>

#include "gateway/base/signal.hpp"

namespace sluice::net {

namespace {

// Lives in the frame of until_either_readable(), which waits for `ended`.
struct Watch {
  TcpStream& stream;
  TcpStream& other;
  Signal ended;
  bool is_over = false;
  std::exception_ptr failure = nullptr;
};

Task<> watch_other(Watch* watch) {
  while (!watch->is_over && watch->other.is_quiet()) { co_await watch->other.until_readable(); }
  if (!watch->is_over) { watch->stream.wake_reader(); }
}

}  // namespace

Task<> until_either_readable(asio::io_context& context, TcpStream& stream, TcpStream& other) {
  if (!other.is_quiet()) { co_return; }
  Watch watch{stream, other, Signal(context)};
  asio::co_spawn(context, watch_other(&watch), [&watch](const std::exception_ptr& failure) {
    watch.failure = failure;
    watch.ended.announce();
  });
  co_await stream.until_readable();
  watch.is_over = true;
  other.wake_reader();
  co_await watch.ended.wait();
  if (watch.failure != nullptr) { std::rethrow_exception(watch.failure); }
}

}  // namespace sluice::net
