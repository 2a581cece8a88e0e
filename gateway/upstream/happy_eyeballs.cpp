#include "gateway/upstream/happy_eyeballs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/base/timer.hpp"

namespace sluice::upstream {
namespace {

using Endpoint = asio::ip::tcp::endpoint;
using boost::system::error_code;

Endpoint endpoint_of(const policy::Address& address, std::uint16_t port) {
  const auto& octets = address.octets();
  if (address.is_ipv4()) {
    asio::ip::address_v4::bytes_type ipv4;
    std::copy(octets.begin() + 12, octets.end(), ipv4.begin());
    return {asio::ip::address_v4(ipv4), port};
  }
  return {asio::ip::address_v6(octets), port};
}

ErrorKind kind_of(int code) {
  switch (code) {
    case ECONNREFUSED:
      return ErrorKind::connection_refused;
    case ETIMEDOUT:
      return ErrorKind::connection_timeout;
    case ECONNRESET:
    case ECONNABORTED:
      return ErrorKind::connection_terminated;
    case EMFILE:
    case ENFILE:
      return ErrorKind::connection_limit_reached;
    case ENOBUFS:
    case ENOMEM:
      return ErrorKind::proxy_internal_error;
    default:
      return ErrorKind::destination_ip_unroutable;
  }
}

// Of several failures the one that says most is told: a machine that refused was there, one without a route was not.
int rank_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::connection_refused:
      return 5;
    case ErrorKind::connection_terminated:
      return 4;
    case ErrorKind::connection_timeout:
      return 3;
    case ErrorKind::connection_limit_reached:
    case ErrorKind::proxy_internal_error:
      return 2;
    default:
      return 1;
  }
}

// Nothing was sent, so everything may be tried again.
std::unexpected<Error> connect_error(ErrorKind kind, int code) {
  const bool is_ours = kind == ErrorKind::proxy_internal_error || kind == ErrorKind::connection_limit_reached;
  const Side side = is_ours ? Side::gateway : Side::upstream;
  return fail(kind, side, "connecting", code, true);
}

// A connection to a free port of this machine can meet itself when the kernel picks that port for our end (RFC 9293
// section 3.5, simultaneous open). Nobody listens there: it is refused.
bool is_connected_to_itself(const Socket& socket, const Endpoint& endpoint) {
  error_code ignored;
  return socket.local_endpoint(ignored) == endpoint;
}

// What stands after the kernel has answered an attempt: no error, or why the connection is of no use.
error_code settle(Socket& socket, const Endpoint& endpoint, error_code error) {
  if (error) { return error; }
  if (is_connected_to_itself(socket, endpoint)) { return asio::error::connection_refused; }
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  return error;
}

void close(Socket& socket) {
  error_code ignored;
  socket.close(ignored);
}

// One attempt of the only address there is: one wait and one deadline.
struct Attempt {
  explicit Attempt(asio::io_context& context) : socket(context.get_executor()), limit(context.get_executor()) {}
  Socket socket;
  Timer limit;
  bool is_open = true;  // false once the waiting coroutine has gone on, or the limit has passed
  bool is_late = false;
};

// Ends the attempt when the limit passes. It runs on its own, and so owns a share of the attempt.
void arm_limit(const std::shared_ptr<Attempt>& attempt, std::chrono::milliseconds limit) {
  attempt->limit.expires_after(limit);
  attempt->limit.async_wait([attempt](const error_code& error) {
    if (error || !attempt->is_open) { return; }
    attempt->is_late = true;
    close(attempt->socket);
  });
}

Task<Result<Connected>> connect_one(asio::io_context& context, policy::Address address, std::uint16_t port,
                                    std::chrono::milliseconds limit) {
  const auto attempt = std::make_shared<Attempt>(context);
  const Endpoint endpoint = endpoint_of(address, port);
  error_code error;
  attempt->socket.open(endpoint.protocol(), error);
  if (error) { co_return connect_error(kind_of(error.value()), error.value()); }
  arm_limit(attempt, limit);
  co_await attempt->socket.async_connect(endpoint, asio::redirect_error(use_task, error));
  attempt->is_open = false;
  attempt->limit.cancel();
  if (attempt->is_late) { co_return connect_error(ErrorKind::connection_timeout, ETIMEDOUT); }
  error = settle(attempt->socket, endpoint, error);
  if (error) { co_return connect_error(kind_of(error.value()), error.value()); }
  co_return Connected{std::move(attempt->socket), address};
}

// Several attempts under way. Their handlers and timers each own a share; the coroutine that waits looks at the outcome
// after `done` was cancelled.
class Race : public std::enable_shared_from_this<Race> {
 public:
  Race(asio::io_context& context, std::vector<policy::Address> addresses, std::uint16_t port,
       std::chrono::milliseconds attempt_delay)
      : context_(context),
        addresses_(std::move(addresses)),
        port_(port),
        attempt_delay_(attempt_delay),
        pace_(context.get_executor()),
        limit_(context.get_executor()),
        done_(context.get_executor()) {
    sockets_.reserve(addresses_.size());
    done_.expires_at(std::chrono::steady_clock::time_point::max());
  }

  void start(std::chrono::milliseconds limit);
  void stop();  // nobody wants the outcome any more

  bool is_over() const noexcept { return is_over_; }
  Timer& done() noexcept { return done_; }
  Result<Connected> take_outcome();  // REQUIRES: is_over

 private:
  void start_next();
  bool start_attempt(std::size_t index);
  void on_answer(std::size_t index, error_code error);
  void remember(ErrorKind kind, int code);
  void pace_next();
  void finish();

  asio::io_context& context_;
  const std::vector<policy::Address> addresses_;
  const std::uint16_t port_;
  const std::chrono::milliseconds attempt_delay_;
  std::vector<Socket> sockets_;  // of the attempts begun, in the order of the addresses; never reallocated
  std::size_t pending_ = 0;
  std::optional<std::size_t> winner_;
  Error error_{ErrorKind::destination_ip_unroutable, Side::upstream, ENETUNREACH, true, "connecting"};
  bool is_over_ = false;
  Timer pace_;
  Timer limit_;
  Timer done_;  // never expires
};

void Race::start(std::chrono::milliseconds limit) {
  limit_.expires_after(limit);
  limit_.async_wait([race = shared_from_this()](const error_code& error) {
    if (error || race->is_over_) { return; }
    race->error_ = connect_error(ErrorKind::connection_timeout, ETIMEDOUT).error();
    race->finish();
  });
  start_next();
}

void Race::stop() {
  if (!is_over_) { finish(); }
}

// Begins the next attempt that can be begun; without one, and without one under way, the race is lost.
void Race::start_next() {
  while (sockets_.size() < addresses_.size()) {
    if (start_attempt(sockets_.size())) {
      pace_next();
      return;
    }
  }
  if (pending_ == 0) { finish(); }
}

bool Race::start_attempt(std::size_t index) {
  Socket& socket = sockets_.emplace_back(context_.get_executor());
  const Endpoint endpoint = endpoint_of(addresses_[index], port_);
  error_code error;
  socket.open(endpoint.protocol(), error);
  if (error) {
    remember(kind_of(error.value()), error.value());
    return false;
  }
  ++pending_;
  socket.async_connect(
      endpoint, [race = shared_from_this(), index](const error_code& answer) { race->on_answer(index, answer); });
  return true;
}

void Race::on_answer(std::size_t index, error_code error) {
  --pending_;
  if (is_over_) { return; }
  error = settle(sockets_[index], endpoint_of(addresses_[index], port_), error);
  if (!error) {
    winner_ = index;
    finish();
    return;
  }
  close(sockets_[index]);
  remember(kind_of(error.value()), error.value());
  start_next();
}

void Race::remember(ErrorKind kind, int code) {
  if (error_.code != 0 && rank_of(kind) < rank_of(error_.kind)) { return; }
  error_ = connect_error(kind, code).error();
}

// Setting the timer anew cancels the wait that was there, so that there is one at most.
void Race::pace_next() {
  if (sockets_.size() == addresses_.size()) {
    pace_.cancel();
    return;
  }
  pace_.expires_after(attempt_delay_);
  pace_.async_wait([race = shared_from_this()](const error_code& error) {
    if (!error && !race->is_over_) { race->start_next(); }
  });
}

void Race::finish() {
  is_over_ = true;
  pace_.cancel();
  limit_.cancel();
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    if (i != winner_) { close(sockets_[i]); }
  }
  done_.cancel();
}

Result<Connected> Race::take_outcome() {
  if (!winner_) { return std::unexpected(error_); }
  return Connected{std::move(sockets_[*winner_]), addresses_[*winner_]};
}

}  // namespace

std::vector<policy::Address> interleave(const std::vector<policy::Address>& addresses) {
  std::array<std::vector<policy::Address>, 2> families;  // IPv6, IPv4
  for (const policy::Address& address : addresses) { families[address.is_ipv4() ? 1 : 0].push_back(address); }
  std::vector<policy::Address> order;
  order.reserve(addresses.size());
  for (std::size_t i = 0; order.size() < addresses.size(); ++i) {
    for (const auto& family : families) {
      if (i < family.size()) { order.push_back(family[i]); }
    }
  }
  return order;
}

Task<Result<Connected>> connect_race(asio::io_context& context, std::vector<policy::Address> addresses,
                                     std::uint16_t port, std::chrono::milliseconds attempt_delay,
                                     std::chrono::milliseconds limit) {
  if (addresses.empty()) { co_return connect_error(ErrorKind::destination_ip_unroutable, 0); }
  if (addresses.size() == 1) { co_return co_await connect_one(context, addresses.front(), port, limit); }
  const auto race = std::make_shared<Race>(context, interleave(addresses), port, attempt_delay);
  race->start(limit);
  if (!race->is_over()) {
    error_code woken;
    co_await race->done().async_wait(asio::redirect_error(use_task, woken));
  }
  if (!race->is_over()) {  // the waiting was cancelled
    race->stop();
    co_return fail(ErrorKind::shutting_down, Side::gateway, "connecting");
  }
  co_return race->take_outcome();
}

}  // namespace sluice::upstream
