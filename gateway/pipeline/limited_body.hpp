#pragma once

#include "gateway/pipeline/body_source.hpp"

namespace sluice::pipeline {

// Content that may not be larger than `limit` octets: where it is, it ends as cut.
class LimitedBody final : public BodySource {
 public:
  LimitedBody(BodySourcePtr source, std::uint64_t limit) : source_(std::move(source)), left_(limit) {}

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override;
  bool is_ready() const override { return source_->is_ready(); }
  std::string_view trailers() const override { return source_->trailers(); }
  bool finish() override { return source_->finish(); }
  Task<> stop() override { return source_->stop(); }

 private:
  Result<std::string_view> take(const Result<std::string_view>& piece);

  BodySourcePtr source_;
  std::uint64_t left_;
};

}  // namespace sluice::pipeline
