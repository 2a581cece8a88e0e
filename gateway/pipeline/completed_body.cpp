#include "gateway/pipeline/completed_body.hpp"

#include "cache/partial_content.hpp"
#include "gateway/pipeline/lookup.hpp"

namespace sluice::pipeline {

std::optional<cache::ByteRange> CompletedBody::held() const {
  const cache::ByteRange rest{next_, end_ - 1};
  return stored_->is_whole() ? rest : stored_->present->run_at_front(rest);
}

Task<Result<void>> CompletedBody::open() {
  if (!held() && !fetched_) { co_await look_again(); }
  if (const auto run = held()) {
    source_ = std::make_unique<StoredBody>(exchange_.services, stored_, cache::Segment{}, run->first, run->size());
    next_ = run->last + 1;
    co_return Result<void>{};
  }
  if (!fetched_) {
    const auto fetched = co_await fetch();
    if (!fetched) { co_return fetched; }
  }
  const auto gap = *stored_->present->first_gap({next_, end_ - 1});
  const auto last = std::min(gap.last, fetched_->head().range->last);
  source_ = std::make_unique<PartOfBody>(std::move(fetched_->body), gap.first - fetched_->first, last + 1 - gap.first);
  fetched_.reset();
  next_ = last + 1;
  co_return Result<void>{};
}

// Meanwhile other clients may have fetched what is missing here.
Task<> CompletedBody::look_again() {
  auto found = find_in_memory(exchange_);
  if (may_be_on_disk(exchange_, found)) {
    found = co_await find_on_disk(exchange_, std::move(found), disk_deadline(exchange_));
  }
  if (found.response == nullptr || !cache::may_combine(head(), found.response->head)) { co_return; }
  if (found.response->has({next_, next_})) { stored_ = std::move(found.response); }
}

Task<Result<void>> CompletedBody::fetch() {
  const auto gap = *stored_->present->first_gap({next_, end_ - 1});
  auto fetched = co_await fetch_missing(exchange_, *stored_, {gap});
  if (!fetched) { co_return std::unexpected(fetched.error()); }
  if (fetched->forwarded) {
    co_await pipeline::finish(exchange_.services, *fetched->forwarded, *exchange_.configuration);
  }
  if (!continues(*fetched, *stored_, gap.first)) {
    co_return fail(ErrorKind::http_response_incomplete, Side::upstream, "completing a stored response");
  }
  fetched_ = std::move(*fetched);
  co_return Result<void>{};
}

// Only what has a strong validator can be put together from two answers.
bool CompletedBody::may_ask_again() const {
  return source_->was_let_go() && cache::may_combine(head(), head());
}

Result<std::string_view> CompletedBody::note(Result<std::string_view> piece) {
  if (piece) { at_ += piece->size(); }
  return piece;
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
  if (!piece || (!*piece && may_ask_again())) { return std::nullopt; }
  return note(std::move(*piece));
}

Task<Result<std::string_view>> CompletedBody::next() {
  for (;;) {
    if (source_ == nullptr) {
      if (next_ == end_) { co_return std::string_view{}; }
      const auto opened = co_await open();
      if (!opened) { co_return std::unexpected(opened.error()); }
    }
    auto piece = co_await source_->next();
    if (!piece && may_ask_again()) {
      next_ = at_;
    } else if (!piece || !piece->empty()) {
      co_return note(std::move(piece));
    }
    source_.reset();
  }
}

}  // namespace sluice::pipeline
