#include "gateway/net/relay.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <fcntl.h>

#include "gateway/base/signal.hpp"
#include "gateway/net/pace.hpp"

namespace sluice::net {

namespace {

constexpr std::size_t kCopyPiece = 32 * 1024;
constexpr int kPiecesInARow = 16;           // spliced before others have their turn
constexpr int kFullPiecesBeforeSplice = 4;  // that many full reads in a row: this direction carries bulk

// What both directions of one relay share. Lives in the frame of relay(), which waits for both.
struct Shared {
  Shared(asio::io_context& worker, PipePool& pool, const RelayOptions& chosen)
      : pipes(pool), options(chosen), upward_ended(worker) {}

  PipePool& pipes;
  const RelayOptions& options;
  Signal upward_ended;
  SteadyTime last_activity = coarse_now();
  std::optional<Error> error;
};

// The idle limit is the tunnel's: while the other direction moves, this one may be silent.
Task<Result<void>> wait_for_octets(TcpStream& from, Shared& shared) {
  for (;;) {
    from.limit_reading_until(shared.last_activity + shared.options.idle, ErrorKind::idle_timeout);
    auto ready = co_await from.wait_readable();
    const bool other_side_moved = coarse_now() < shared.last_activity + shared.options.idle;
    if (ready || ready.error().kind != ErrorKind::idle_timeout || !other_side_moved) { co_return ready; }
  }
}

// How many of `most` octets may be read, so that they can be sent on. The time that this takes is no idle one.
Task<Result<std::size_t>> wait_for_turn(Pace& pace, TcpStream& from, TcpStream& to, Shared& shared, std::size_t most) {
  from.unlimit_reading();
  shared.last_activity = std::max(shared.last_activity, pace.when(most));
  co_return co_await wait_for_allowance(pace, to, most);
}

// Empties the pipe into `to`.
Task<Result<void>> drain_pipe(int pipe, TcpStream& to, std::size_t octets, Shared& shared) {
  while (octets > 0) {
    const auto moved = ::splice(pipe, nullptr, to.descriptor(), nullptr, octets, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved > 0) {
      octets -= static_cast<std::size_t>(moved);
      to.add_sent(static_cast<std::uint64_t>(moved));
      shared.last_activity = coarse_now();  // a slow reader is no idle one
      continue;
    }
    if (moved < 0 && errno != EAGAIN && errno != EINTR) {
      co_return fail(ErrorKind::connection_terminated, Side::gateway, "relaying", errno);
    }
    to.note_full();
    const auto writable = co_await to.wait_writable();
    if (!writable) { co_return writable; }
  }
  co_return Result<void>{};
}

// Splices until the end of the stream. The pipe goes back to the pool only when nothing is left in it.
Task<Result<void>> splice_rest(TcpStream& from, TcpStream& to, Shared& shared, std::optional<Pace> pace, Pipe pipe) {
  std::size_t most = PipePool::kPipeSize;
  for (int in_a_row = 0;;) {
    if (pace) {
      const auto allowed = co_await wait_for_turn(*pace, from, to, shared, PipePool::kPipeSize);
      if (!allowed) { co_return std::unexpected(allowed.error()); }
      most = *allowed;
    }
    const auto moved =
        ::splice(from.descriptor(), nullptr, pipe.write, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved == 0) {
      shared.pipes.put(std::move(pipe));
      co_return Result<void>{};
    }
    if (moved > 0) {
      from.add_received(static_cast<std::uint64_t>(moved));
      if (pace) { pace->take(static_cast<std::size_t>(moved)); }
      shared.last_activity = coarse_now();
      const auto drained = co_await drain_pipe(pipe.read, to, static_cast<std::size_t>(moved), shared);
      if (!drained) { co_return drained; }
      if (++in_a_row % kPiecesInARow == 0) { co_await from.pause(); }
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) {
      co_return fail(ErrorKind::connection_terminated, Side::gateway, "relaying", errno);
    }
    from.note_drained();
    const auto ready = co_await wait_for_octets(from, shared);
    if (!ready) { co_return ready; }
  }
}

// Writes what can be written at once, and only keeps a copy of the rest while it waits: an idle tunnel holds no buffer.
Task<Result<void>> write_through(TcpStream& to, std::string_view octets) {
  const auto written = to.try_write(octets);
  if (!written) { co_return std::unexpected(written.error()); }
  if (*written == octets.size()) { co_return Result<void>{}; }
  const std::string rest(octets.substr(*written));
  co_return co_await to.write(rest);
}

// Copies until the end of the stream, or until it is worth a pipe.
Task<Result<void>> pass_octets(TcpStream& from, TcpStream& to, Shared& shared) {
  static thread_local char piece[kCopyPiece];  // not used across a suspension
  std::optional<Pace> pace;
  if (shared.options.rate != 0) { pace.emplace(shared.options.rate, std::chrono::steady_clock::now()); }
  std::size_t most = kCopyPiece;
  int full_pieces = 0;
  for (;;) {
    const auto ready = co_await wait_for_octets(from, shared);
    if (!ready) { co_return ready; }
    if (pace) {
      const auto allowed = co_await wait_for_turn(*pace, from, to, shared, kCopyPiece);
      if (!allowed) { co_return std::unexpected(allowed.error()); }
      most = *allowed;
    }
    const auto count = from.try_read(std::span(piece).first(most));
    if (!count) { continue; }
    if (!*count) { co_return std::unexpected(count->error()); }
    if (**count == 0) { co_return Result<void>{}; }
    if (pace) { pace->take(**count); }
    shared.last_activity = coarse_now();
    auto written = co_await write_through(to, std::string_view(piece, **count));
    if (!written) { co_return written; }
    full_pieces = **count == kCopyPiece ? full_pieces + 1 : 0;
    if (full_pieces < kFullPiecesBeforeSplice) { continue; }
    auto pipe = shared.pipes.take();
    if (pipe.is_open()) { co_return co_await splice_rest(from, to, shared, pace, std::move(pipe)); }
    full_pieces = 0;
  }
}

Task<Result<void>> open_upward(TcpStream& client, Shared& shared) {
  const auto ready = co_await wait_for_octets(client, shared);
  if (!ready) { co_return ready; }
  co_return co_await shared.options.open_upward();
}

void end_direction(const Result<void>& passed, TcpStream& from, TcpStream& to, Shared& shared) {
  if (passed) {
    to.shutdown_sending();
    return;
  }
  if (!shared.error) { shared.error = passed.error(); }
  from.cancel();
  to.cancel();
}

// Spawned; takes references because relay() outlives it: it waits for `upward_ended`.
Task<> pass_upward(TcpStream* client, TcpStream* upstream, Shared* shared) {
  Result<void> passed;
  if (shared->options.open_upward) { passed = co_await open_upward(*client, *shared); }
  if (passed) { passed = co_await pass_octets(*client, *upstream, *shared); }
  end_direction(passed, *client, *upstream, *shared);
}

}  // namespace

Task<std::optional<Error>> relay(asio::io_context& context, TcpStream& client, TcpStream& upstream, PipePool& pipes,
                                 const RelayOptions& options) {
  Shared shared(context, pipes, options);
  client.limit_writing(options.write);
  upstream.limit_writing(options.write);
  // Splicing goes past what was left to be sent at the end of the turn.
  for (auto* stream : {&client, &upstream}) {
    const auto drained = co_await stream->drain();
    if (!drained) { co_return drained.error(); }
  }
  asio::co_spawn(context, pass_upward(&client, &upstream, &shared), [&shared](const std::exception_ptr& failure) {
    if (failure != nullptr) {
      shared.error = Error{ErrorKind::proxy_internal_error, Side::gateway, 0, false, "relaying"};
    }
    shared.upward_ended.announce();
  });
  const auto passed = co_await pass_octets(upstream, client, shared);
  end_direction(passed, upstream, client, shared);
  co_await shared.upward_ended.wait();
  co_return shared.error;
}

}  // namespace sluice::net
