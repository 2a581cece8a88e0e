#include "gateway/control/control_server.hpp"

#include <algorithm>
#include <deque>
#include <list>
#include <optional>
#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/timer.hpp"
#include "gateway/control/control_peer.hpp"
#include "gateway/control/control_socket.hpp"
#include "gateway/control/say.hpp"
#include "gateway/control/serve_peer.hpp"
#include "gateway/pipeline/purge_sweep.hpp"
#include "gateway/record/metrics.hpp"

namespace sluice::control {

namespace {

using Protocol = asio::local::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol, Executor>;
using Socket = ControlPeer::Stream::Socket;

constexpr std::chrono::seconds kSampleInterval{1};
constexpr std::chrono::minutes kSweepInterval{1};
constexpr std::size_t kSweepAge = 2 * pipeline::kOldestFill / kSweepInterval;  // looks
constexpr milliseconds kAcceptPause{100};                                      // after descriptors ran out

std::uint64_t requests_so_far(const Daemon& daemon) {
  return record::sum(daemon.workers).all_requests;
}

ControlServer::MayUse one_of(std::vector<uid_t> allowed) {
  return [allowed = std::move(allowed)](uid_t user) {
    return user == 0 || user == ::geteuid() || std::ranges::find(allowed, user) != allowed.end();
  };
}

std::optional<uid_t> user_of(Socket& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) { return std::nullopt; }
  return credentials.uid;
}

// One attempt: the buffer of a fresh socket takes a line, and nobody waits for a peer that may not be here.
void turn_away(Socket& socket, const Error& error) {
  const std::string line = encode_error(error);
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(line), ignored);
  socket.close(ignored);
}

Error not_permitted(std::optional<uid_t> user) {
  const std::string who = user ? "user " + std::to_string(*user) : std::string("a peer whose user is not known");
  return {ErrorCode::not_permitted,
          who + " may not use the control socket",
          "sudo sluice status, or add the user to admin.users",
          {}};
}

Error too_many() {
  return {ErrorCode::failed,
          std::to_string(ControlServer::kMostConnections) + " connections are open on the control socket already",
          "end one of them (sluice log tail -f, sluice status -w), then try again",
          {}};
}

}  // namespace

// Shared with the coroutines, which may still be suspended when the server has gone.
struct ControlServer::State {
  State(asio::io_context& where, Daemon& whose, const std::string& path, MayUse who)
      : context(where),
        daemon(whose),
        may_use(std::move(who)),
        rates(std::chrono::steady_clock::now(), requests_so_far(whose)),
        socket(path),
        acceptor(where, Protocol(), socket.release()),
        sample_timer(where),
        accept_timer(where),
        sweep_timer(where),
        mailbox(where) {}

  asio::io_context& context;
  Daemon& daemon;
  MayUse may_use;
  Rates rates;
  ControlSocket socket;
  Acceptor acceptor;
  Timer sample_timer;
  Timer accept_timer;
  Timer sweep_timer;
  Mailbox mailbox;  // what the disk's threads hand back
  std::list<std::shared_ptr<ControlPeer>> peers;
  bool is_closed = false;
};

ControlServer::ControlServer(asio::io_context& context, Daemon& daemon, const std::string& socket_path,
                             std::vector<uid_t> allowed)
    : ControlServer(context, daemon, socket_path, one_of(std::move(allowed))) {}

ControlServer::ControlServer(asio::io_context& context, Daemon& daemon, const std::string& socket_path, MayUse may_use)
    : state_(std::make_shared<State>(context, daemon, socket_path, std::move(may_use))) {}

ControlServer::~ControlServer() {
  close();
}

void ControlServer::start() {
  asio::co_spawn(state_->context, accept_loop(state_), say_failure_of("the control socket"));
  asio::co_spawn(state_->context, sample_loop(state_), say_failure_of("sampling the counters"));
  asio::co_spawn(state_->context, sweep_loop(state_), say_failure_of("sweeping purges"));
  asio::co_spawn(state_->context, deliver(state_), say_failure_of("waiting for the disk"));
}

void ControlServer::close() {
  if (std::exchange(state_->is_closed, true)) { return; }
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->sample_timer.cancel();
  state_->accept_timer.cancel();
  state_->sweep_timer.cancel();
  for (const auto& peer : state_->peers) { peer->stream().close(); }
  state_->socket.remove();
  state_->mailbox.close();
}

void ControlServer::allow(std::vector<uid_t> allowed) {
  state_->may_use = one_of(std::move(allowed));
}

const Rates& ControlServer::rates() const noexcept {
  return state_->rates;
}

Task<> ControlServer::accept_loop(std::shared_ptr<State> state) {
  while (!state->is_closed) {
    boost::system::error_code failed;
    Socket socket(state->context);
    co_await state->acceptor.async_accept(socket, asio::redirect_error(use_task, failed));
    if (state->is_closed) { co_return; }
    if (failed) {
      state->accept_timer.expires_after(kAcceptPause);
      co_await state->accept_timer.async_wait(asio::redirect_error(use_task, failed));
      continue;
    }
    const auto user = user_of(socket);
    if (!user || !state->may_use(*user)) {
      turn_away(socket, not_permitted(user));
    } else if (state->peers.size() >= kMostConnections) {
      turn_away(socket, too_many());
    } else {
      auto stream = std::make_shared<ControlPeer::Stream>(std::move(socket));
      auto peer = std::make_shared<ControlPeer>(std::move(stream), *user);
      state->peers.push_back(peer);
      asio::co_spawn(state->context, serve(state, std::move(peer)), say_failure_of("a control connection"));
    }
  }
}

Task<> ControlServer::serve(std::shared_ptr<State> state, std::shared_ptr<ControlPeer> peer) {
  // Also when serving throws, or never ends.
  struct Leave {
    State& state;
    ControlPeer& peer;
    ~Leave() {
      peer.stream().close();
      state.peers.remove_if([this](const auto& one) { return one.get() == &peer; });
    }
  };
  const Leave leave{*state, *peer};
  co_await serve_peer(state->daemon, state->rates, state->mailbox, *peer);
}

Task<> ControlServer::deliver(std::shared_ptr<State> state) {
  co_await state->mailbox.run();
}

Task<> ControlServer::sample_loop(std::shared_ptr<State> state) {
  while (!state->is_closed) {
    boost::system::error_code ended;
    state->sample_timer.expires_after(kSampleInterval);
    co_await state->sample_timer.async_wait(asio::redirect_error(use_task, ended));
    if (!state->is_closed) { state->rates.note(std::chrono::steady_clock::now(), requests_so_far(state->daemon)); }
  }
}

Task<> ControlServer::sweep_loop(std::shared_ptr<State> state) {
  Daemon& daemon = state->daemon;
  std::deque<std::uint64_t> numbers;  // the newest purge at each look, the oldest look first
  while (!state->is_closed) {
    boost::system::error_code ended;
    state->sweep_timer.expires_after(kSweepInterval);
    co_await state->sweep_timer.async_wait(asio::redirect_error(use_task, ended));
    if (state->is_closed) { co_return; }
    numbers.push_back(daemon.purges.generation());
    if (numbers.size() <= kSweepAge) { continue; }
    numbers.pop_front();
    if (!daemon.purges.is_half_full()) { continue; }
    const pipeline::PurgePlaces places{daemon.memory, daemon.disk, daemon.fills, daemon.purged, daemon.purges};
    co_await pipeline::sweep_purges(places, numbers.front(), state->mailbox);
  }
}

}  // namespace sluice::control
