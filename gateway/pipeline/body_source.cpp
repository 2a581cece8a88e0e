#include "gateway/pipeline/body_source.hpp"

namespace sluice::pipeline {

Task<Result<std::string_view>> UpstreamBody::next() {
  auto piece = co_await forwarded_.connection->reader.next();
  // A client that cut its own content cancelled the upstream connection.
  if (!piece && forwarded_.upload != nullptr && forwarded_.upload->client_error()) {
    co_return std::unexpected(*forwarded_.upload->client_error());
  }
  co_return piece;
}

bool UpstreamBody::is_ready() const {
  const auto& reader = forwarded_.connection->reader;
  return reader.has_rest() || reader.content_ended();
}

Task<> UpstreamBody::finish() {
  if (forwarded_.connection == nullptr) { co_return; }
  co_await pipeline::finish(exchange_.services, forwarded_, *exchange_.configuration);
}

Task<Result<std::string_view>> FillBody::next() {
  for (;;) {
    const auto seen = reader_.fill()->changes();
    auto taken = reader_.take();
    if (!taken) { co_return std::unexpected(taken.error()); }
    if (*taken) {
      piece_ = std::move(**taken);
      co_return piece_.view();
    }
    // Whoever fills is under the limits of its own connection; it ends the fill when they are reached.
    co_await Fill::wait_for_change(reader_.fill(), seen, services_.context, services_.mailbox, milliseconds(1000));
  }
}

namespace {

// The octets of resident content that hold `offset`.
cache::Segment resident_piece(const cache::StoredResponse& response, std::uint64_t offset) {
  for (const auto& segment : response.segments) {
    if (offset < segment.size) { return {segment.owner, segment.data + offset, segment.size - offset}; }
    offset -= segment.size;
  }
  return {};
}

}  // namespace

Task<Result<std::string_view>> StoredBody::next() {
  if (remaining_ == 0) { co_return std::string_view{}; }
  if (response_->is_resident()) {
    piece_ = resident_piece(*response_, offset_);
  } else if (offset_ < front_.size) {
    piece_ = {front_.owner, front_.data + offset_, front_.size - static_cast<std::size_t>(offset_)};
  } else {
    auto read = co_await services_.disk->read(response_, offset_, services_.mailbox);
    if (!read) { co_return fail(ErrorKind::http_response_incomplete, Side::gateway, "reading a stored response"); }
    piece_ = std::move(*read);
  }
  const auto size = std::min<std::uint64_t>(piece_.size, remaining_);
  if (size == 0) { co_return fail(ErrorKind::http_response_incomplete, Side::gateway, "reading a stored response"); }
  offset_ += size;
  remaining_ -= size;
  co_return piece_.view().substr(0, static_cast<std::size_t>(size));
}

}  // namespace sluice::pipeline
