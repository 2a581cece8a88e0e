#include "gateway/pipeline/following_body.hpp"

#include "cache/partial_content.hpp"
#include "gateway/pipeline/completed_body.hpp"
#include "gateway/pipeline/following.hpp"

namespace sluice::pipeline {

std::optional<Result<std::string_view>> FollowingBody::ready() {
  if (rest_ != nullptr) { return rest_->ready(); }
  auto piece = fill_->ready();
  if (!piece) { return std::nullopt; }
  if (*piece) {
    position_ += (*piece)->size();
  } else if (may_go_on_alone()) {
    return std::nullopt;
  }
  return piece;
}

Task<Result<std::string_view>> FollowingBody::next() {
  if (rest_ != nullptr) { co_return co_await next_of_rest(); }
  auto piece = co_await fill_->next();
  if (piece) { position_ += piece->size(); }
  if (piece || !may_go_on_alone()) { co_return piece; }
  go_on_alone();
  co_return co_await next_of_rest();
}

bool FollowingBody::may_go_on_alone() const {
  if (!fill_->was_let_go() || !may_share(exchange_)) { return false; }
  const auto& head = fill_->reader().fill()->head();
  return head.length_known && cache::may_combine(head.stored, head.stored);
}

void FollowingBody::go_on_alone() {
  auto nothing = std::make_shared<cache::StoredResponse>();
  nothing->head = fill_->reader().fill()->head().stored;
  nothing->present.emplace();
  const cache::ByteRange rest{position_, nothing->head.content_length - 1};
  rest_ = std::make_unique<CompletedBody>(exchange_, std::move(nothing), rest, std::string{});
  fill_.reset();
}

// What becomes of the rest is not what the exchange is known by.
Task<Result<std::string_view>> FollowingBody::next_of_rest() {
  const auto status = exchange_.cache_status;
  auto piece = co_await rest_->next();
  exchange_.cache_status = status;
  co_return piece;
}

}  // namespace sluice::pipeline
