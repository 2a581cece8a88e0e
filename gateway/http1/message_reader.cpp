#include "gateway/http1/message_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::http1 {

namespace {

constexpr std::size_t kContentCapacity = 64 * 1024;

}  // namespace

MessageReader::MessageReader(net::Stream& stream, Side side, std::size_t initial_capacity)
    : stream_(stream),
      side_(side),
      head_(std::make_unique_for_overwrite<char[]>(initial_capacity)),
      initial_capacity_(initial_capacity),
      capacity_(initial_capacity) {}

Task<Result<std::string_view>> MessageReader::read_head(const http::HeadLimits& limits, const HeadPatience& patience) {
  scanned_ = 0;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    stream_.limit_reading(patience.first, patience.first_kind);
  }
  for (bool whole_limited = false;;) {
    if (auto head = buffered_head(limits)) { co_return std::move(*head); }
    const bool is_first = begin_ == end_;
    if (!is_first && !std::exchange(whole_limited, true)) {
      stream_.limit_reading(patience.whole, patience.whole_kind);
    }
    const auto into = room();
    const auto count = stream_.try_read(into);
    if (!count) {
      co_await stream_.until_readable(into);
      continue;
    }
    if (!*count) { co_return std::unexpected(count->error()); }
    if (**count == 0 && is_first) { co_return std::string_view{}; }
    if (**count == 0) {
      co_return fail(side_ == Side::client ? ErrorKind::client_gone : ErrorKind::http_response_incomplete, side_,
                     "reading a head");
    }
    end_ += **count;
  }
}

// The head if all of it is here, or why it never will be.
std::optional<Result<std::string_view>> MessageReader::buffered_head(const http::HeadLimits& limits) {
  const std::string_view buffered(head_.get() + begin_, end_ - begin_);
  if (side_ == Side::client && !buffered.empty() && !http::may_begin_request(buffered.front())) {
    return fail(ErrorKind::http_request_error, side_, "reading the request line: this is not HTTP", 400);
  }
  const auto size = http::find_head_end(buffered, scanned_);
  if (size > limits.head || (size == 0 && buffered.size() >= limits.head)) { return too_large(limits); }
  if (size == 0) { return std::nullopt; }
  begin_ += size;
  ended_ = true;
  return buffered.substr(0, size);
}

// A head that does not end within its limit: which part of it is too large?
std::unexpected<Error> MessageReader::too_large(const http::HeadLimits& limits) const {
  if (side_ == Side::upstream) { return fail(ErrorKind::http_response_header_section_size, side_, "reading a head"); }
  const std::string_view unread(head_.get() + begin_, end_ - begin_);
  return std::unexpected(http::head_too_large(unread, limits));
}

// Where more of the head can be read to, behind what is buffered; the buffer moves or grows when it is full.
std::span<char> MessageReader::room() {
  if (end_ == capacity_) {
    const auto used = end_ - begin_;
    const auto wanted = begin_ > 0 ? capacity_ : capacity_ * 2;
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    std::memcpy(larger.get(), head_.get() + begin_, used);
    head_ = std::move(larger);
    capacity_ = wanted;
    begin_ = 0;
    end_ = used;
  }
  return {head_.get() + end_, capacity_ - end_};
}

void MessageReader::begin_content(http::Framing framing, std::uint64_t length, const http::ChunkLimits& limits,
                                  const ContentPace& pace) {
  framing_ = framing;
  remaining_ = framing == http::Framing::length ? length : 0;
  ended_ = framing == http::Framing::none || (framing == http::Framing::length && length == 0);
  content_received_ = 0;
  if (ended_) { return; }
  if (framing == http::Framing::chunked) { decoder_ = http::ChunkedDecoder(side_, limits); }
  pace_ = pace;
  waited_ = milliseconds(0);
}

std::string_view MessageReader::rest() const noexcept {
  if (begin_ < end_) { return {head_.get() + begin_, end_ - begin_}; }
  return {content_.get() + content_begin_, content_end_ - content_begin_};
}

void MessageReader::drop_rest() noexcept {
  begin_ = end_;
  content_begin_ = content_end_ = 0;
}

void MessageReader::consume(std::size_t octets) noexcept {
  if (begin_ < end_) {
    begin_ += octets;
  } else {
    content_begin_ += octets;
  }
}

Task<Result<std::string_view>> MessageReader::next() {
  for (;;) {
    if (auto here = ready()) { co_return std::move(*here); }
    const auto more = co_await fill_content();
    if (!more) { co_return std::unexpected(more.error()); }
    if (*more) { continue; }
    if (framing_ != http::Framing::until_close) {
      co_return fail(side_ == Side::client ? ErrorKind::client_gone : ErrorKind::http_response_incomplete, side_,
                     "reading content");
    }
    ended_ = true;
  }
}

std::optional<Result<std::string_view>> MessageReader::ready() {
  while (!ended_) {
    const auto available = rest();
    if (available.empty()) { return std::nullopt; }
    auto taken = take(available);
    if (!taken || !taken->empty()) { return taken; }
  }
  return std::string_view{};
}

// Content out of what is buffered; empty when only framing was.
Result<std::string_view> MessageReader::take(std::string_view available) {
  if (framing_ == http::Framing::chunked) {
    const auto step = decoder_.next(available);
    if (!step) { return std::unexpected(step.error()); }
    consume(step->consumed);
    ended_ = decoder_.is_done();
    content_received_ += step->content.size();
    return step->content;
  }
  auto content = available;
  if (framing_ == http::Framing::length) {
    content = available.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(available.size(), remaining_)));
    remaining_ -= content.size();
    ended_ = remaining_ == 0;
  }
  consume(content.size());
  content_received_ += content.size();
  return content;
}

// False when the peer has finished. The head buffer keeps the head; content has a buffer of its own.
Task<Result<bool>> MessageReader::fill_content() {
  const auto start = coarse_now();
  auto patience = pace_.grace;
  if (pace_.rate != 0) {
    const auto earned = milliseconds(content_received_ * 1000 / pace_.rate);
    patience = std::clamp(pace_.grace + earned - waited_, milliseconds(0), pace_.grace);
  }
  stream_.limit_reading_until(start + patience, pace_.kind);
  if (!content_) { content_ = std::make_unique_for_overwrite<char[]>(kContentCapacity); }
  content_begin_ = content_end_ = 0;
  const auto count = co_await stream_.read_some({content_.get(), kContentCapacity});
  waited_ += std::chrono::duration_cast<milliseconds>(coarse_now() - start);
  if (!count) { co_return std::unexpected(count.error()); }
  content_end_ = *count;
  co_return *count != 0;
}

void MessageReader::next_message() {
  SLUICE_ASSERT(ended_, "the content of a message is read before the next message");
  if (content_begin_ < content_end_) {
    // The head buffer was used up before the content buffer was filled; what is beyond begins the next message.
    const auto size = content_end_ - content_begin_;
    if (size > capacity_) {
      head_ = std::make_unique_for_overwrite<char[]>(size);
      capacity_ = size;
    }
    std::memcpy(head_.get(), content_.get() + content_begin_, size);
    begin_ = 0;
    end_ = size;
  }
  content_.reset();
  content_begin_ = content_end_ = 0;
  // A large head does not leave a large buffer with a connection that may be idle for long.
  if (begin_ == end_ && capacity_ > initial_capacity_) {
    head_ = std::make_unique_for_overwrite<char[]>(initial_capacity_);
    capacity_ = initial_capacity_;
    begin_ = end_ = 0;
  }
}

}  // namespace sluice::http1
