#pragma once

#include "gateway/pipeline/obtain.hpp"

namespace sluice::pipeline {

// Several parts of a stored response as multipart/byteranges (RFC 9110 14.6).
class MultipartBody final : public BodySource {
 public:
  // `boundary`: a text that the content does not hold but by an accident that nobody can bring about.
  MultipartBody(Services& services, const FromStore& stored, std::vector<cache::ByteRange> ranges,
                std::string boundary);

  std::uint64_t size() const noexcept { return size_; }
  const std::string& boundary() const noexcept { return boundary_; }

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override;
  bool is_ready() const override { return true; }

 private:
  std::string head_of(cache::ByteRange range) const;  // of a part, with the delimiter in front
  std::string end() const { return "\r\n--" + boundary_ + "--\r\n"; }

  Services& services_;
  cache::StoredResponsePtr response_;
  cache::Segment front_;
  std::vector<cache::ByteRange> ranges_;
  std::string boundary_;
  std::uint64_t size_;
  std::size_t part_ = 0;            // the range whose turn it is
  std::optional<StoredBody> body_;  // its content; nullopt: its head comes first
  std::string text_;                // what ready() returned
  bool is_over_ = false;
};

}  // namespace sluice::pipeline
