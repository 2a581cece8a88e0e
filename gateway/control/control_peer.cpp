#include "gateway/control/control_peer.hpp"

#include <array>

#include <boost/asio/write.hpp>

namespace sluice::control {

Task<std::expected<std::string, ControlPeer::End>> ControlPeer::read_line() {
  std::array<char, 16 * 1024> piece;
  stream_->limit(kIdle);
  for (;;) {
    if (const auto end = buffer_.find('\n', scanned_); end != std::string::npos) {
      stream_->lift();
      std::string line = buffer_.substr(begin_, end - begin_);
      begin_ = scanned_ = end + 1;
      co_return line;
    }
    // Moved at most once for each read: a buffer full of short requests costs no more than its size.
    buffer_.erase(0, begin_);
    begin_ = 0;
    scanned_ = buffer_.size();
    if (buffer_.size() > kLongestRequest) { co_return std::unexpected(End::too_long); }
    boost::system::error_code failed;
    const auto count =
        co_await stream_->socket().async_read_some(asio::buffer(piece), asio::redirect_error(use_task, failed));
    if (failed) { co_return std::unexpected(buffer_.empty() || !stream_->is_open() ? End::closed : End::cut); }
    buffer_.append(piece.data(), count);
  }
}

Task<bool> ControlPeer::write(std::string lines) {
  if (!stream_->is_open()) { co_return false; }
  boost::system::error_code failed;
  stream_->limit(kIdle);
  co_await asio::async_write(stream_->socket(), asio::buffer(lines), asio::redirect_error(use_task, failed));
  stream_->lift();
  co_return !failed;
}

bool ControlPeer::has_gone() {
  if (!stream_->is_open()) { return true; }
  std::array<char, 4096> piece;
  boost::system::error_code failed;
  stream_->socket().non_blocking(true, failed);
  if (!failed) { stream_->socket().read_some(asio::buffer(piece), failed); }
  return failed && failed != asio::error::would_block;
}

}  // namespace sluice::control
