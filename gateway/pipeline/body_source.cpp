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

bool UpstreamBody::finish() {
  if (forwarded_.upload != nullptr) { return false; }
  if (forwarded_.connection != nullptr) { give_back(exchange_.services, forwarded_, *exchange_.configuration); }
  return true;
}

Task<> UpstreamBody::stop() {
  co_await pipeline::finish(exchange_.services, forwarded_, *exchange_.configuration);
}

std::optional<Result<std::string_view>> FillBody::ready() {
  auto taken = reader_.take();
  if (!taken) { return std::unexpected(taken.error()); }
  if (!*taken) { return std::nullopt; }
  piece_ = std::move(**taken);
  return piece_.view();
}

Task<Result<std::string_view>> FillBody::next() {
  for (;;) {
    const auto seen = reader_.fill()->changes();
    if (auto here = ready()) { co_return std::move(*here); }
    // Whoever fills is under the limits of its own connection; it ends the fill when they are reached.
    co_await Fill::wait_for_change(reader_.fill(), seen, services_.context, services_.mailbox, milliseconds(1000));
  }
}

std::optional<Result<std::string_view>> PartOfBody::cut(Result<std::string_view> piece) {
  if (!piece) { return piece; }
  if (piece->empty()) { return fail(ErrorKind::http_response_incomplete, Side::upstream, "reading a part"); }
  const auto skipped = std::min<std::uint64_t>(skip_, piece->size());
  skip_ -= skipped;
  auto wanted = piece->substr(static_cast<std::size_t>(skipped));
  if (wanted.empty()) { return std::nullopt; }
  wanted = wanted.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(wanted.size(), remaining_)));
  remaining_ -= wanted.size();
  return wanted;
}

std::optional<Result<std::string_view>> PartOfBody::ready() {
  while (remaining_ > 0) {
    auto piece = whole_->ready();
    if (!piece) { return std::nullopt; }
    if (auto wanted = cut(std::move(*piece))) { return wanted; }
  }
  return std::string_view{};
}

Task<Result<std::string_view>> PartOfBody::next() {
  while (remaining_ > 0) {
    auto piece = co_await whole_->next();
    if (auto wanted = cut(std::move(piece))) { co_return std::move(*wanted); }
  }
  co_return std::string_view{};
}

// The part of `piece` that is wanted.
Result<std::string_view> StoredBody::take(cache::Segment piece) {
  const auto size = std::min<std::uint64_t>(piece.size, remaining_);
  if (size == 0) { return fail(ErrorKind::http_response_incomplete, Side::gateway, "reading a stored response"); }
  piece_ = std::move(piece);
  offset_ += size;
  remaining_ -= size;
  return piece_.view().substr(0, static_cast<std::size_t>(size));
}

std::optional<Result<std::string_view>> StoredBody::ready() {
  if (remaining_ == 0) { return std::string_view{}; }
  if (response_->is_resident()) { return take(response_->resident_piece(offset_)); }
  if (front_.size == 0) { return std::nullopt; }
  return take(std::exchange(front_, {}));
}

Task<Result<std::string_view>> StoredBody::next() {
  if (auto here = ready()) { co_return std::move(*here); }
  auto read = co_await services_.disk->read(response_, offset_, services_.mailbox);
  if (!read) { co_return fail(ErrorKind::http_response_incomplete, Side::gateway, "reading a stored response"); }
  co_return take(std::move(*read));
}

}  // namespace sluice::pipeline
