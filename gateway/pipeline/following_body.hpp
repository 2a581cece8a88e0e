#pragma once

#include "gateway/pipeline/body_source.hpp"

namespace sluice::pipeline {

// A response that is being filled, for one client: when the fill lets it go because it holds others back, the rest
// comes from what is stored by then, or by a forward of its own for what is missing. Without a strong validator, or a
// known length, that cannot be: the client sees the cut.
class FollowingBody final : public BodySource {
 public:
  FollowingBody(Exchange& exchange, std::unique_ptr<FillBody> fill) : exchange_(exchange), fill_(std::move(fill)) {}

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override;
  bool is_ready() const override { return rest_ != nullptr ? rest_->is_ready() : fill_->is_ready(); }
  std::string_view trailers() const override { return fill_ != nullptr ? fill_->trailers() : std::string_view{}; }
  bool finish() override { return rest_ == nullptr || rest_->finish(); }
  Task<> stop() override { return rest_->stop(); }

 private:
  bool may_go_on_alone() const;
  void go_on_alone();
  Task<Result<std::string_view>> next_of_rest();

  Exchange& exchange_;
  std::unique_ptr<FillBody> fill_;  // null once it let this client go
  std::uint64_t position_ = 0;      // octets that came from it
  BodySourcePtr rest_;              // what takes its place
};

}  // namespace sluice::pipeline
