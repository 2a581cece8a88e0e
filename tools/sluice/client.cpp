#include "tools/sluice/client.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/sluice/shell.hpp"

namespace sluice::cli {
namespace {

using control::Answer;
using control::Error;
using control::ErrorCode;
using control::Json;

constexpr int kReplyLimitSeconds = 30;
constexpr std::size_t kLongestReply = 256U << 20;  // a policy of a million rules; beyond, it is not our daemon

std::string words_of(int code) {
  return std::strerror(code);
}

Error too_long(const std::string& path) {
  return {ErrorCode::unreachable,
          "the socket's path is longer than 107 octets: " + path,
          "sluice --socket PATH status",
          {}};
}

Error unreachable(const std::string& path, int code) {
  if (code == EACCES || code == EPERM) {
    return {ErrorCode::not_permitted,
            "you may not use the control socket " + path + " (" + words_of(code) + ")",
            "sudo sluice status, or add your user to admin.users",
            {}};
  }
  return {ErrorCode::unreachable,
          "no daemon answers at " + path + " (" + words_of(code) + ")",
          "start it: `systemctl start sluice`, or `sluiced`; for another state directory: sluice --socket "
          "STATE/control.sock status",
          {}};
}

void set_reply_limit(int socket, int seconds) {
  const timeval limit{.tv_sec = seconds, .tv_usec = 0};
  // A socket without the limit still works; it only waits longer for a daemon that hangs.
  (void)setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  (void)setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

}  // namespace

Client::Client(int socket, std::string path) : socket_(socket), path_(std::move(path)) {}

Client::Client(Client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), path_(std::move(other.path_)), buffer_(std::move(other.buffer_)) {}

Client::~Client() {
  if (socket_ >= 0) { close(socket_); }
}

Answer<Client> Client::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) { return std::unexpected(too_long(path)); }
  path.copy(static_cast<char*>(address.sun_path), path.size());
  Client client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), path);
  if (client.socket_ < 0) { return std::unexpected(unreachable(path, errno)); }
  set_reply_limit(client.socket_, kReplyLimitSeconds);
  if (::connect(client.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::unexpected(unreachable(path, errno));
  }
  return client;
}

void Client::wait_forever() {
  set_reply_limit(socket_, 0);
}

Error Client::ended() const {
  return lost("the daemon ended");
}

Error Client::lost(const std::string& what) const {
  return {ErrorCode::unreachable,
          what + " (" + path_ + ")",
          "sluice --socket " + shell_quoted(path_) + " status, or read the daemon's log: journalctl -u sluice",
          {}};
}

Answer<void> Client::send(const control::Request& request) {
  const std::string line = control::encode(request);
  std::size_t sent = 0;
  while (sent < line.size()) {
    const auto count = ::send(socket_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) { continue; }
    // The daemon may have refused us already: its last words are then still to be read.
    if (count < 0 && errno == EPIPE) { return {}; }
    if (count < 0) { return std::unexpected(lost("the daemon does not listen: " + words_of(errno))); }
    sent += static_cast<std::size_t>(count);
  }
  return {};
}

Answer<std::optional<std::string>> Client::read_line() {
  std::size_t scanned = 0;
  while (true) {
    if (const auto end = buffer_.find('\n', scanned); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    scanned = buffer_.size();
    if (scanned > kLongestReply) { return std::unexpected(lost("the daemon's reply does not end")); }
    std::array<char, 65536> piece;
    const auto count = recv(socket_, piece.data(), piece.size(), 0);
    if (count < 0 && errno == EINTR) { continue; }
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return std::unexpected(lost("the daemon did not answer within " + std::to_string(kReplyLimitSeconds) + " s"));
    }
    if (count < 0) { return std::unexpected(lost("the daemon went away: " + words_of(errno))); }
    if (count == 0 && !buffer_.empty()) { return std::unexpected(lost("the daemon's reply was cut")); }
    if (count == 0) { return std::nullopt; }
    buffer_.append(piece.data(), static_cast<std::size_t>(count));
  }
}

Answer<std::optional<Json>> Client::next() {
  const auto line = read_line();
  if (!line) { return std::unexpected(line.error()); }
  if (!*line) { return std::nullopt; }
  auto reply = control::parse_reply(**line);
  if (!reply) { return std::unexpected(reply.error()); }
  return std::move(*reply);
}

Answer<Json> Client::ask(const control::Request& request) {
  if (const auto sent = send(request); !sent) { return std::unexpected(sent.error()); }
  auto reply = next();
  if (!reply) { return std::unexpected(reply.error()); }
  if (!*reply) { return std::unexpected(lost("the daemon closed the connection without an answer")); }
  return std::move(**reply);
}

}  // namespace sluice::cli
