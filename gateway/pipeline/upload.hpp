#pragma once

#include <memory>
#include <optional>

#include "gateway/base/signal.hpp"
#include "gateway/net/pace.hpp"
#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

// The content of a request on its way upstream while the response may already come back. The exchange must not end
// before stop() has. Thread: the worker's.
class Upload {
 public:
  Upload(Exchange& exchange, upstream::Connection& connection);
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  void start();
  bool has_ended() const noexcept { return ended_.is_announced(); }
  bool was_complete() const noexcept { return complete_; }

  // Why the content stopped coming; nullopt while it comes, when it is complete, and when the upstream would not take
  // it.
  const std::optional<Error>& client_error() const noexcept { return client_error_; }

  // Ends it if it has not ended, and waits until it has.
  Task<> stop();

 private:
  static Task<> run(Upload* upload);
  Task<Result<void>> pass_content();
  Task<Result<void>> write_piece(std::string_view piece);
  Task<Result<void>> write_paced(std::string_view piece);

  asio::io_context& context_;
  Exchange& exchange_;
  http1::ClientConnection& client_;
  upstream::Connection& connection_;
  const bool chunked_;
  Signal ended_;
  bool complete_ = false;
  std::optional<net::Pace> pace_;  // where the policy limits the rate
  std::optional<Error> client_error_;
};

}  // namespace sluice::pipeline
