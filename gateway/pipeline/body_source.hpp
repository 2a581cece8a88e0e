#pragma once

#include <memory>
#include <string_view>

#include "gateway/pipeline/disk_tier.hpp"
#include "gateway/pipeline/fill.hpp"
#include "gateway/pipeline/forward.hpp"

namespace sluice::pipeline {

// Content of a response, pulled by whoever sends it.
class BodySource {
 public:
  virtual ~BodySource() = default;

  // The next octets, empty at the end. The view lives until the next call. Errors end the content: it is incomplete.
  virtual Task<Result<std::string_view>> next() = 0;

  // The same without waiting; nullopt: next() is needed.
  virtual std::optional<Result<std::string_view>> ready() = 0;

  // True when next() will not have to wait: the head can leave together with the first octets.
  virtual bool is_ready() const = 0;

  // Raw trailer lines, once the end was reached (RFC 9110 6.5); empty when there are none.
  virtual std::string_view trailers() const { return {}; }

  // After an error: the reader held others back for too long, and what is missing can be had otherwise.
  virtual bool was_let_go() const { return false; }

  // After the end or an error: gives back what the source holds. False: stop() has to wait for the upload.
  virtual bool finish() { return true; }
  virtual Task<> stop() { co_return; }
};
using BodySourcePtr = std::unique_ptr<BodySource>;

// Straight from the upstream.
class UpstreamBody final : public BodySource {
 public:
  UpstreamBody(Exchange& exchange, Forwarded forwarded) : exchange_(exchange), forwarded_(std::move(forwarded)) {}

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override { return forwarded_.connection->reader.ready(); }
  bool is_ready() const override;
  std::string_view trailers() const override { return forwarded_.connection->reader.trailers(); }
  bool finish() override;
  Task<> stop() override;
  Forwarded& forwarded() noexcept { return forwarded_; }

 private:
  Exchange& exchange_;
  Forwarded forwarded_;
};

// A response that is being filled, or was.
class FillBody final : public BodySource {
 public:
  explicit FillBody(Services& services, std::shared_ptr<Fill> fill, std::uint64_t position = 0)
      : services_(services), reader_(std::move(fill), position) {}

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override;
  bool is_ready() const override { return reader_.is_ready(); }
  std::string_view trailers() const override { return reader_.fill()->trailers(); }
  bool was_let_go() const override { return reader_.was_let_go(); }
  const Fill::Reader& reader() const noexcept { return reader_; }

 private:
  Services& services_;
  Fill::Reader reader_;
  cache::Segment piece_;  // keeps what next() returned
};

// A part of what another source gives; it ends where the part does, whatever comes behind.
class PartOfBody final : public BodySource {
 public:
  PartOfBody(BodySourcePtr whole, std::uint64_t skip, std::uint64_t size)
      : whole_(std::move(whole)), skip_(skip), remaining_(size) {}

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override;
  bool is_ready() const override { return skip_ == 0 && whole_->is_ready(); }
  bool was_let_go() const override { return whole_->was_let_go(); }
  bool finish() override { return whole_->finish(); }
  Task<> stop() override { return whole_->stop(); }

  // A Content-Range of its own, for the head that goes with it.
  void describe(std::string content_range) { content_range_ = std::move(content_range); }
  const std::string& description() const noexcept { return content_range_; }

 private:
  // What of a piece is wanted; nullopt: none of it yet.
  std::optional<Result<std::string_view>> cut(Result<std::string_view> piece);

  BodySourcePtr whole_;
  std::uint64_t skip_;
  std::uint64_t remaining_;
  std::string content_range_;
};

// A part of a stored response, from memory or piece by piece from disk.
class StoredBody final : public BodySource {
 public:
  // `front`: the first octets of the part when they were read already.
  StoredBody(Services& services, cache::StoredResponsePtr response, cache::Segment front, std::uint64_t offset,
             std::uint64_t size)
      : services_(services),
        response_(std::move(response)),
        front_(std::move(front)),
        offset_(offset),
        remaining_(size) {}

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override;
  bool is_ready() const override { return true; }

 private:
  Result<std::string_view> take(cache::Segment piece);

  Services& services_;
  cache::StoredResponsePtr response_;
  cache::Segment front_;
  std::uint64_t offset_;
  std::uint64_t remaining_;
  cache::Segment piece_;
};

}  // namespace sluice::pipeline
