#include "gateway/pipeline/completed_body.hpp"

namespace sluice::pipeline {

Task<Result<void>> CompletedBody::open() {
  const cache::ByteRange rest{next_, end_ - 1};
  if (const auto held = stored_->present->run_at_front(rest)) {
    source_ = std::make_unique<StoredBody>(exchange_.services, stored_, cache::Segment{}, held->first, held->size());
    next_ = held->last + 1;
    co_return Result<void>{};
  }
  co_return co_await open_fetched(rest);
}

Task<Result<void>> CompletedBody::open_fetched(cache::ByteRange rest) {
  const auto gap = *stored_->present->first_gap(rest);
  if (!fetched_) {
    auto fetched = co_await fetch_missing(exchange_, *stored_, gap, false);
    if (!fetched) { co_return std::unexpected(fetched.error()); }
    if (fetched->forwarded) {
      co_await pipeline::finish(exchange_.services, *fetched->forwarded, *exchange_.configuration);
    }
    if (!continues(*fetched, *stored_, gap.first)) {
      co_return fail(ErrorKind::http_response_incomplete, Side::upstream, "completing a stored response");
    }
    fetched_ = std::move(*fetched);
  }
  const auto range = *fetched_->head().range;
  const auto last = std::min(gap.last, range.last);
  source_ = std::make_unique<PartOfBody>(std::move(fetched_->body), gap.first - range.first, last + 1 - gap.first);
  fetched_.reset();
  next_ = last + 1;
  co_return Result<void>{};
}

std::optional<Result<std::string_view>> CompletedBody::ready() {
  if (source_ == nullptr) {
    if (next_ == end_) { return std::string_view{}; }
    return std::nullopt;
  }
  auto piece = source_->ready();
  if (piece && *piece && (*piece)->empty()) {
    source_.reset();
    return ready();
  }
  return piece;
}

Task<Result<std::string_view>> CompletedBody::next() {
  for (;;) {
    if (source_ == nullptr) {
      if (next_ == end_) { co_return std::string_view{}; }
      const auto opened = co_await open();
      if (!opened) { co_return std::unexpected(opened.error()); }
    }
    auto piece = co_await source_->next();
    if (!piece || !piece->empty()) { co_return piece; }
    source_.reset();
  }
}

}  // namespace sluice::pipeline
