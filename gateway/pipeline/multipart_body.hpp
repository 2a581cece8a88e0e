#pragma once

#include "gateway/pipeline/body_source.hpp"

namespace sluice::pipeline {

// Several parts of a response as multipart/byteranges (RFC 9110 14.6).
class MultipartBody final : public BodySource {
 public:
  struct Part {
    cache::ByteRange range;
    BodySourcePtr content;
  };

  // `boundary`: a text that the content does not hold but by an accident that nobody can bring about.
  MultipartBody(cache::StoredResponsePtr response, std::vector<Part> parts, const std::string& boundary);

  std::uint64_t size() const noexcept { return size_; }
  const std::string& content_type() const noexcept { return content_type_; }
  const cache::StoredHead& head() const noexcept { return response_->head; }

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override;
  bool is_ready() const override { return true; }
  bool finish() override { return !is_in_content_ || parts_[turn_].content->finish(); }
  Task<> stop() override { return parts_[turn_].content->stop(); }

 private:
  std::string head_of(cache::ByteRange range) const;  // of a part, with the delimiter in front
  void end_part();

  const cache::StoredResponsePtr response_;
  std::vector<Part> parts_;
  const std::string delimiter_;
  const std::string content_type_;
  std::uint64_t size_;
  std::size_t turn_ = 0;
  bool is_in_content_ = false;  // of the part whose turn it is; its head comes first
  std::string text_;            // what ready() returned
  bool is_over_ = false;
};

}  // namespace sluice::pipeline
