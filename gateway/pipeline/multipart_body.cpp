#include "gateway/pipeline/multipart_body.hpp"

#include "cache/partial_content.hpp"

namespace sluice::pipeline {

MultipartBody::MultipartBody(Services& services, const FromStore& stored, std::vector<cache::ByteRange> ranges,
                             std::string boundary)
    : services_(services),
      response_(stored.response),
      front_(stored.front),
      ranges_(std::move(ranges)),
      boundary_(std::move(boundary)),
      size_(end().size()) {
  for (const auto& range : ranges_) { size_ += head_of(range).size() + range.size(); }
}

// RFC 9110 15.3.7.2: "Within the header area of each body part in the multipart content, the server MUST generate a
// Content-Range header field"; "If the selected representation would have had a Content-Type header field in a 200 (OK)
// response, the server SHOULD generate that same Content-Type header field in the header area of each body part."
std::string MultipartBody::head_of(cache::ByteRange range) const {
  std::string out = "\r\n--" + boundary_ + "\r\n";
  if (const auto* type = cache::find(response_->head.fields.fields(), cache::FieldName::content_type)) {
    out.append("Content-Type: ").append(type->value).append("\r\n");
  }
  out += "Content-Range: " + cache::to_text({range, response_->head.content_length}) + "\r\n\r\n";
  return out;
}

std::optional<Result<std::string_view>> MultipartBody::ready() {
  for (;;) {
    if (body_) {
      auto piece = body_->ready();
      if (!piece || !*piece || !(*piece)->empty()) { return piece; }
      body_.reset();
      ++part_;
    }
    if (part_ == ranges_.size()) {
      text_ = std::exchange(is_over_, true) ? std::string{} : end();
      return text_;
    }
    const auto& range = ranges_[part_];
    text_ = head_of(range);
    body_.emplace(services_, response_, std::exchange(front_, {}), range.first, range.size());
    return text_;
  }
}

Task<Result<std::string_view>> MultipartBody::next() {
  if (auto here = ready()) { co_return std::move(*here); }
  co_return co_await body_->next();
}

}  // namespace sluice::pipeline
