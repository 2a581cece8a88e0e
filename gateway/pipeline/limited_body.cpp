#include "gateway/pipeline/limited_body.hpp"

namespace sluice::pipeline {

Task<Result<std::string_view>> LimitedBody::next() {
  const auto piece = co_await source_->next();
  if (!piece) { co_return piece; }
  if (piece->size() > left_) { co_return fail(ErrorKind::http_response_body_size, Side::gateway, "sending content"); }
  left_ -= piece->size();
  co_return piece;
}

}  // namespace sluice::pipeline
