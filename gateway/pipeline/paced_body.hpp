#pragma once

#include "gateway/net/pace.hpp"
#include "gateway/pipeline/body_source.hpp"

namespace sluice::pipeline {

// Content that comes no faster than `rate` octets a second, on its way to `client`: it waits for its pace in place of a
// write, so that it ends when the client goes. Lifetime: within that of the source and the client.
class PacedBody final : public BodySource {
 public:
  PacedBody(BodySource& source, std::uint64_t rate, net::TcpStream& client)
      : source_(source), client_(client), pace_(rate, std::chrono::steady_clock::now()) {}

  Task<Result<std::string_view>> next() override;
  std::optional<Result<std::string_view>> ready() override;
  bool is_ready() const override { return source_.is_ready(); }
  std::string_view trailers() const override { return source_.trailers(); }
  bool finish() override { return source_.finish(); }
  Task<> stop() override { return source_.stop(); }

 private:
  std::string_view take(std::size_t octets) noexcept;

  BodySource& source_;
  net::TcpStream& client_;
  net::Pace pace_;
  std::string_view held_;  // of the source's piece, what has not passed yet
};

}  // namespace sluice::pipeline
