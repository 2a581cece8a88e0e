#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/http/chunked.hpp"
#include "gateway/http/head.hpp"
#include "gateway/net/stream.hpp"

namespace sluice::http1 {

// How long reading a head may take: `first` until the first octet, then `whole` for the rest.
struct HeadPatience {
  milliseconds first;
  ErrorKind first_kind;
  milliseconds whole;
  ErrorKind whole_kind;
};

// How slowly content may come: nothing for `grace` is too slow, and less than `rate` octets a second on average after
// it.
struct ContentPace {
  milliseconds grace;
  std::uint64_t rate;  // 0: only `grace`, anew for every read
  ErrorKind kind;
};

// Takes messages off a stream: head, content, head, content ... What was read beyond one message begins the next.
// Lifetime: the stream's. Views of a head live until next_message(), views of content until the next call of next().
class MessageReader {
 public:
  MessageReader(net::Stream& stream, Side side, std::size_t initial_capacity);

  // A whole head with its empty line; empty when the peer closed ahead of the first octet.
  // Errors: those of `patience`, of the stream, http_request_error (400, 414, 431), http_response_header_section_size.
  Task<Result<std::string_view>> read_head(const http::HeadLimits& limits, const HeadPatience& patience);

  // REQUIRES: a head was read. Says how the content that follows it ends.
  void begin_content(http::Framing framing, std::uint64_t length, const http::ChunkLimits& limits,
                     const ContentPace& pace);

  // The next run of content; empty at the end. Errors: malformed chunks, the stream's, a cut (connection_terminated,
  // client_gone or http_response_incomplete).
  Task<Result<std::string_view>> next();
  // The same of what was read already; nullopt: next() would have to read.
  std::optional<Result<std::string_view>> ready();

  bool content_ended() const noexcept { return ended_; }
  std::string_view trailers() const noexcept { return decoder_.trailers(); }
  std::uint64_t content_received() const noexcept { return content_received_; }

  // Forgets the message that ended. REQUIRES: content_ended().
  void next_message();

  // Octets behind the message: the next message, or what a tunnel or an upgraded protocol begins with.
  std::string_view rest() const noexcept;
  bool has_rest() const noexcept { return !rest().empty(); }
  void drop_rest() noexcept;

 private:
  std::optional<Result<std::string_view>> buffered_head(const http::HeadLimits& limits);
  std::unexpected<Error> too_large(const http::HeadLimits& limits) const;
  std::span<char> room();
  Task<Result<bool>> fill_content();
  Result<std::string_view> take(std::string_view available);
  void consume(std::size_t octets) noexcept;

  net::Stream& stream_;
  Side side_;
  std::unique_ptr<char[]> head_;
  const std::size_t initial_capacity_;
  std::size_t capacity_;
  std::size_t begin_ = 0;  // of what is not used yet, in head_
  std::size_t end_ = 0;
  std::size_t scanned_ = 0;
  std::unique_ptr<char[]> content_;
  std::size_t content_begin_ = 0;
  std::size_t content_end_ = 0;

  http::Framing framing_ = http::Framing::none;
  http::ChunkedDecoder decoder_;
  std::uint64_t remaining_ = 0;
  std::uint64_t content_received_ = 0;
  ContentPace pace_{};
  milliseconds waited_{0};  // spent in waiting for content, and not for whoever takes it
  bool ended_ = true;
};

}  // namespace sluice::http1
