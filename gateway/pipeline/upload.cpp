#include "gateway/pipeline/upload.hpp"

#include <boost/asio/co_spawn.hpp>

#include "gateway/http/chunked.hpp"
#include "gateway/pipeline/judge_again.hpp"

namespace sluice::pipeline {

Upload::Upload(Exchange& exchange, upstream::Connection& connection)
    : context_(exchange.services.context),
      exchange_(exchange),
      client_(*exchange.client),
      connection_(connection),
      chunked_(exchange.request.framing == http::Framing::chunked),
      ended_(exchange.services.context) {
  const auto* limit = exchange.settings[policy::SettingKind::limit_rate];
  if (limit != nullptr) { pace_.emplace(limit->size, std::chrono::steady_clock::now()); }
}

void Upload::start() {
  asio::co_spawn(context_, run(this), [this](const std::exception_ptr& failure) {
    if (failure != nullptr) {
      client_error_ = Error{ErrorKind::proxy_internal_error, Side::gateway, 0, false, "uploading"};
    }
    ended_.announce();
  });
}

// Takes a pointer: whoever started it waits in stop() before the object goes.
Task<> Upload::run(Upload* upload) {
  const auto passed = co_await upload->pass_content();
  upload->complete_ = passed.has_value();
  if (passed || passed.error().side == Side::upstream) { co_return; }
  upload->client_error_ = passed.error();
  upload->connection_.stream.cancel();  // a request that was cut must not be taken for complete, nor waited for
}

Task<Result<void>> Upload::pass_content() {
  for (;;) {
    const auto piece = co_await client_.reader.next();
    if (!piece) { co_return std::unexpected(piece.error()); }
    if (piece->empty()) { break; }
    const auto judged = judge_again(exchange_);
    if (!judged) { co_return judged; }
    const auto written = co_await (pace_ ? write_paced(*piece) : write_piece(*piece));
    if (!written) { co_return written; }
  }
  if (!chunked_) { co_return Result<void>{}; }
  std::string end = "0\r\n";
  http::append_safe_trailers(client_.reader.trailers(), end);
  end += "\r\n";
  co_return co_await connection_.stream.write(end);
}

Task<Result<void>> Upload::write_piece(std::string_view piece) {
  if (!chunked_) { co_return co_await connection_.stream.write(piece); }
  std::string head;
  http::append_chunk_head(piece.size(), head);
  iovec pieces[] = {
      {head.data(), head.size()}, {const_cast<char*>(piece.data()), piece.size()}, {const_cast<char*>("\r\n"), 2}};
  co_return co_await connection_.stream.write(std::span(pieces));
}

// What the client sent is here, so that nothing is read that would tell that it has gone.
Task<Result<void>> Upload::write_paced(std::string_view piece) {
  while (!piece.empty()) {
    if (client_.stream.has_hung_up()) { co_return fail(ErrorKind::client_gone, Side::client, "uploading"); }
    const auto allowed = co_await net::wait_for_allowance(*pace_, connection_.stream, piece.size());
    if (!allowed) { co_return std::unexpected(allowed.error()); }
    const auto judged = judge_again(exchange_);
    if (!judged) { co_return judged; }
    const auto written = co_await write_piece(piece.substr(0, *allowed));
    if (!written) { co_return written; }
    pace_->take(*allowed);
    piece.remove_prefix(*allowed);
  }
  co_return Result<void>{};
}

Task<> Upload::stop() {
  if (!ended_.is_announced()) {
    client_.stream.fail_reading(ErrorKind::http_request_error);
    connection_.stream.cancel();
  }
  co_await ended_.wait();
}

}  // namespace sluice::pipeline
