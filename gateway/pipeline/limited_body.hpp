#pragma once

#include "gateway/pipeline/body_source.hpp"

namespace sluice::pipeline {

// Content that may not be larger than `limit` octets: where it is, it ends as cut.
class LimitedBody final : public BodySource {
 public:
  LimitedBody(BodySourcePtr source, std::uint64_t limit) : source_(std::move(source)), left_(limit) {}

  Task<Result<std::string_view>> next() override;
  bool is_ready() const override { return source_->is_ready(); }
  std::string_view trailers() const override { return source_->trailers(); }
  Task<> finish() override { return source_->finish(); }

 private:
  BodySourcePtr source_;
  std::uint64_t left_;
};

}  // namespace sluice::pipeline
