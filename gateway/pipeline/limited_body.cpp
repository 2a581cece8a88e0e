#include "gateway/pipeline/limited_body.hpp"

namespace sluice::pipeline {

Result<std::string_view> LimitedBody::take(const Result<std::string_view>& piece) {
  if (!piece) { return piece; }
  if (piece->size() > left_) { return fail(ErrorKind::http_response_body_size, Side::gateway, "sending content"); }
  left_ -= piece->size();
  return piece;
}

std::optional<Result<std::string_view>> LimitedBody::ready() {
  const auto piece = source_->ready();
  if (!piece) { return std::nullopt; }
  return take(*piece);
}

Task<Result<std::string_view>> LimitedBody::next() {
  const auto piece = co_await source_->next();
  co_return take(piece);
}

}  // namespace sluice::pipeline
