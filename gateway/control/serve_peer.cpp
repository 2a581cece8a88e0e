#include "gateway/control/serve_peer.hpp"

#include "gateway/control/commands.hpp"
#include "gateway/control/log_tail.hpp"
#include "gateway/control/operations.hpp"
#include "gateway/control/status.hpp"

namespace sluice::control {
namespace {

constexpr milliseconds kFollowInterval{200};
constexpr milliseconds kFlushLook{10};   // how often a log is looked at while workers' lines are on their way
constexpr milliseconds kFlushQuiet{60};  // nothing came for so long: nothing will
constexpr milliseconds kFlushLimit{300};
constexpr double kShortestInterval = 0.1;
constexpr double kLongestInterval = 60;

std::string_view words_of(ControlPeer::End end) {
  return end == ControlPeer::End::too_long ? "the request is longer than 8 MiB"
                                           : "the request does not end with a line feed";
}

Error unreadable_log(const std::string& file, const std::error_code& why) {
  return {ErrorCode::failed, file + ": " + why.message(), "sluice status", {}};
}

// A status for every interval, until the peer goes.
Task<> watch_status(Daemon& daemon, const Rates& rates, ControlPeer& peer, milliseconds interval) {
  while (!peer.has_gone()) {
    const bool taken = co_await peer.write(encode_result(status_of(daemon, rates)));
    if (!taken) { co_return; }
    // In steps, so that a peer that closes is seen at once.
    for (auto left = interval; left.count() > 0 && !peer.has_gone(); left -= kFollowInterval) {
      co_await peer.stream().pause(std::min(left, kFollowInterval));
    }
  }
}

// Waits for the lines that workers still held when the tail was asked for.
Task<> wait_for_flush(Daemon& daemon, const LogTail& tail, ControlPeer& peer) {
  auto size = tail.size();
  daemon.flush_logs();
  milliseconds quiet{0};
  for (milliseconds waited{0}; waited < kFlushLimit && quiet < kFlushQuiet; waited += kFlushLook) {
    co_await peer.stream().pause(kFlushLook);
    const auto now = tail.size();
    quiet = now == size ? quiet + kFlushLook : milliseconds{0};
    size = now;
  }
}

std::string encode_lines(const std::vector<std::string>& lines) {
  std::string replies;
  for (const auto& line : lines) { replies += encode_result(LogLine{line}); }
  return replies;
}

// What the log grows by, until the peer goes.
Task<std::expected<void, std::error_code>> follow(LogTail& tail, ControlPeer& peer) {
  while (!peer.has_gone()) {
    const auto lines = tail.next();
    if (!lines) { co_return std::unexpected(lines.error()); }
    if (lines->empty()) {
      co_await peer.stream().pause(kFollowInterval);
      continue;
    }
    const bool taken = co_await peer.write(encode_lines(*lines));
    if (!taken) { break; }
  }
  co_return std::expected<void, std::error_code>{};
}

Task<Answer<void>> tail_file(Daemon& daemon, ControlPeer& peer, std::string file, LogTailArguments arguments) {
  LogTail tail(file);
  if (const auto opened = tail.open(); !opened) { co_return std::unexpected(unreadable_log(file, opened.error())); }
  co_await wait_for_flush(daemon, tail, peer);
  const auto lines = tail.last(arguments.lines);
  if (!lines) { co_return std::unexpected(unreadable_log(file, lines.error())); }
  const bool taken = co_await peer.write(encode_lines(*lines));
  if (!taken || !arguments.follow) { co_return Answer<void>{}; }
  const auto followed = co_await follow(tail, peer);
  if (!followed) { co_return std::unexpected(unreadable_log(file, followed.error())); }
  co_return Answer<void>{};
}

Task<Answer<void>> tail_log(Daemon& daemon, ControlPeer& peer, const Request& request) {
  const auto arguments = arguments_of<LogTailArguments>(request);
  if (!arguments) { co_return std::unexpected(arguments.error()); }
  const auto file = log_file_of(daemon);
  if (!file) { co_return std::unexpected(file.error()); }
  co_return co_await tail_file(daemon, peer, *file, *arguments);
}

// A command whose replies go on. Nothing when the request is for another one.
enum class Stream : std::uint8_t { none, status, log };
Answer<Stream> stream_of(const Request& request, milliseconds& interval) {
  if (request.command == command::kLogTail) { return Stream::log; }
  if (request.command != command::kStatus) { return Stream::none; }
  const auto arguments = arguments_of<StatusArguments>(request);
  if (!arguments) { return std::unexpected(arguments.error()); }
  if (!arguments->watch) { return Stream::none; }
  if (!(arguments->interval >= kShortestInterval && arguments->interval <= kLongestInterval)) {
    return std::unexpected(bad_arguments(request, "`interval` must be 0.1 to 60 seconds"));
  }
  interval = milliseconds(static_cast<std::int64_t>(arguments->interval * 1000));
  return Stream::status;
}

// False when this was the last request.
Task<bool> answer(Daemon& daemon, const Rates& rates, Mailbox& mailbox, ControlPeer& peer, const Request& request) {
  milliseconds interval{0};
  const auto stream = stream_of(request, interval);
  if (!stream) { co_return co_await peer.write(encode_error(stream.error())); }
  if (*stream == Stream::status) {
    co_await watch_status(daemon, rates, peer, interval);
    co_return false;
  }
  if (*stream == Stream::log) {
    const auto tailed = co_await tail_log(daemon, peer, request);
    if (!tailed) { co_await peer.write(encode_error(tailed.error())); }
    co_return false;
  }
  if (is_operation(request)) {
    const auto operated = co_await run_operation(daemon, mailbox, request);
    co_return co_await peer.write(operated ? encode_result(*operated) : encode_error(operated.error()));
  }
  const auto result = run_command({daemon, rates, peer.user()}, request);
  co_return co_await peer.write(result ? encode_result(*result) : encode_error(result.error()));
}

}  // namespace

Task<> serve_peer(Daemon& daemon, const Rates& rates, Mailbox& mailbox, ControlPeer& peer) {
  bool goes_on = true;
  while (goes_on) {
    const auto line = co_await peer.read_line();
    if (!line) {
      if (line.error() == ControlPeer::End::closed) { co_return; }
      co_await peer.write(
          encode_error({ErrorCode::bad_request, std::string(words_of(line.error())), "sluice --help", {}}));
      co_return;
    }
    const auto request = parse_request(*line);
    if (request) {
      goes_on = co_await answer(daemon, rates, mailbox, peer, *request);
    } else {
      goes_on = co_await peer.write(encode_error(request.error()));
    }
  }
}

}  // namespace sluice::control
