#include "gateway/pipeline/multipart_body.hpp"

#include "cache/partial_content.hpp"

namespace sluice::pipeline {

namespace {

constexpr std::string_view kEnd = "--\r\n";  // behind the last delimiter

}  // namespace

MultipartBody::MultipartBody(cache::StoredResponsePtr response, std::vector<Part> parts, const std::string& boundary)
    : response_(std::move(response)),
      parts_(std::move(parts)),
      delimiter_("\r\n--" + boundary),
      content_type_("multipart/byteranges; boundary=" + boundary),
      size_(delimiter_.size() + kEnd.size()) {
  for (const auto& part : parts_) { size_ += head_of(part.range).size() + part.range.size(); }
}

// RFC 9110 15.3.7.2: "Within the header area of each body part in the multipart content, the server MUST generate a
// Content-Range header field"; "If the selected representation would have had a Content-Type header field in a 200 (OK)
// response, the server SHOULD generate that same Content-Type header field in the header area of each body part."
std::string MultipartBody::head_of(cache::ByteRange range) const {
  std::string out = delimiter_ + "\r\n";
  if (const auto* type = cache::find(response_->head.fields.fields(), cache::FieldName::content_type)) {
    out.append("Content-Type: ").append(type->value).append("\r\n");
  }
  out += "Content-Range: " + cache::to_text({range, response_->head.content_length}) + "\r\n\r\n";
  return out;
}

void MultipartBody::end_part() {
  parts_[turn_++].content.reset();
  is_in_content_ = false;
}

std::optional<Result<std::string_view>> MultipartBody::ready() {
  if (is_in_content_) {
    auto piece = parts_[turn_].content->ready();
    if (!piece || !*piece || !(*piece)->empty()) { return piece; }
    end_part();
  }
  text_.clear();
  if (turn_ < parts_.size()) {
    text_ = head_of(parts_[turn_].range);
    is_in_content_ = true;
  } else if (!std::exchange(is_over_, true)) {
    text_.append(delimiter_).append(kEnd);
  }
  return text_;
}

Task<Result<std::string_view>> MultipartBody::next() {
  for (;;) {
    if (auto here = ready()) { co_return std::move(*here); }
    auto piece = co_await parts_[turn_].content->next();
    if (!piece || !piece->empty()) { co_return piece; }
    end_part();
  }
}

}  // namespace sluice::pipeline
