#include "gateway/pipeline/send_segments.hpp"

#include <algorithm>
#include <array>

#include "cache/content_memory.hpp"
#include "gateway/pipeline/judge_again.hpp"
#include "gateway/pipeline/response_writer.hpp"

namespace sluice::pipeline {

namespace {

constexpr std::size_t kPieces = 64;  // of one write

// What is to be sent, gathered until it has to leave.
class Gathered {
 public:
  explicit Gathered(net::TcpStream& stream) : stream_(stream) {}

  void add(std::string_view octets) { pieces_[count_++] = {const_cast<char*>(octets.data()), octets.size()}; }
  bool is_full() const { return count_ == kPieces; }

  Task<Result<void>> send(bool more_follows) {
    const auto count = std::exchange(count_, 0);
    if (count == 0) { co_return Result<void>{}; }
    co_return co_await stream_.write(std::span(pieces_.data(), count), more_follows);
  }

 private:
  net::TcpStream& stream_;
  std::array<iovec, kPieces> pieces_;
  std::size_t count_ = 0;
};

// The part of a segment that begins at `at` of the content which is in the range; empty when none is.
cache::Segment clipped(const cache::Segment& segment, std::uint64_t at, cache::ByteRange range) {
  const auto first = std::max(at, range.first);
  const auto end = std::min(at + segment.size, range.last + 1);
  if (first >= end) { return {}; }
  return {segment.owner, segment.data + (first - at), static_cast<std::size_t>(end - first)};
}

}  // namespace

Task<Result<void>> send_segments(Exchange& exchange, std::span<const cache::Segment> segments, cache::ByteRange range,
                                 int status) {
  auto& stream = exchange.client->stream;
  Gathered gathered(stream);
  gathered.add(exchange.out);
  std::uint64_t at = 0;
  for (const auto& segment : segments) {
    const auto part = clipped(segment, at, range);
    at += segment.size;
    if (part.size == 0) { continue; }
    const auto place = cache::ContentMemory::place_of(part);
    if (place || gathered.is_full()) {
      const auto sent = co_await gathered.send(true);
      if (!sent) { co_return sent; }
      if (exchange.status == 0) { note_head_sent(exchange, status); }
    }
    if (!place) {
      gathered.add(part.view());
      continue;
    }
    const auto judged = judge_again(exchange);
    if (!judged) { co_return judged; }
    const auto sent = co_await stream.send_file(place->file, place->offset, part.size);
    if (!sent) { co_return sent; }
  }
  const auto sent = co_await gathered.send(false);
  if (sent && exchange.status == 0) { note_head_sent(exchange, status); }
  co_return sent;
}

}  // namespace sluice::pipeline
