#pragma once

#include "gateway/pipeline/fetch_part.hpp"

namespace sluice::pipeline {

// A range of a response of which parts are stored: what is there comes from the store, what is missing is fetched when
// its turn comes, and asked for anew by whom a fill let go. A part that turns out to be of another representation ends
// it: the client sees the cut.
class CompletedBody final : public BodySource {
 public:
  CompletedBody(Exchange& exchange, cache::StoredResponsePtr stored, cache::ByteRange wanted, std::string content_range)
      : exchange_(exchange),
        first_(std::move(stored)),
        stored_(first_),
        at_(wanted.first),
        next_(wanted.first),
        end_(wanted.last + 1),
        content_range_(std::move(content_range)) {}

  // Before anything was sent: the part for the first missing octet. REQUIRES: it holds that octet.
  void have(FetchedPart fetched) { fetched_ = std::move(fetched); }

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override;
  bool is_ready() const override { return source_ != nullptr && source_->is_ready(); }
  bool finish() override { return source_ == nullptr || source_->finish(); }
  Task<> stop() override { return source_->stop(); }

  // Opens what the first octets come from, so that reading them does not wait more than it must.
  Task<Result<void>> open();

  const cache::StoredHead& head() const noexcept { return first_->head; }
  const std::string& content_range() const noexcept { return content_range_; }

 private:
  std::optional<cache::ByteRange> held() const;  // what is stored from `next_` on
  Task<> look_again();
  Task<Result<void>> fetch();
  bool may_ask_again() const;
  Result<std::string_view> note(Result<std::string_view> piece);

  Exchange& exchange_;
  const cache::StoredResponsePtr first_;  // whose head goes out
  cache::StoredResponsePtr stored_;       // what is known to be stored now
  std::uint64_t at_;                      // the octet behind what was given
  std::uint64_t next_;                    // the octet behind what `source_` gives
  std::uint64_t end_;
  std::string content_range_;
  std::optional<FetchedPart> fetched_;
  BodySourcePtr source_;  // null between two
};

}  // namespace sluice::pipeline
