#include "gateway/pipeline/response_writer.hpp"

#include "gateway/http/chunked.hpp"
#include "gateway/pipeline/judge_again.hpp"
#include "gateway/pipeline/paced_body.hpp"

namespace sluice::pipeline {

namespace {

constexpr std::size_t kLeftOctets = 16 * 1024;  // more is written from where it is, without a copy

// Trailers go only to a client that said it wants them (RFC 9110 6.5.1).
void append_end(Exchange& exchange, const BodySource& body) {
  exchange.out += "0\r\n";
  if (cache::has_token(exchange.request.fields, cache::FieldName::te, "trailers")) {
    http::append_safe_trailers(body.trailers(), exchange.out);
  }
  exchange.out += "\r\n";
}

}  // namespace

bool is_to_head(const Exchange& exchange) {
  return exchange.request.method == http::Method::head;
}

// Another request can follow when the client allows it, the whole of this one was taken, and we are not going away.
void settle_keep_alive(Exchange& exchange) {
  // RFC 9112 9.3: "A proxy server MUST NOT maintain a persistent connection with an HTTP/1.0 client".
  // Behind an answer to CONNECT may come what was meant for a tunnel: see respond_error.
  const bool is_for_tunnel = exchange.is_tunnel_request() && exchange.client->reader.has_rest();
  const bool may_persist =
      exchange.request.keep_alive && exchange.request.version == http::Version::http_1_1 && !is_for_tunnel;
  exchange.keep_alive = may_persist && exchange.client->reader.content_ended() && !exchange.services.draining;
}

std::string cache_status_of(const Exchange& exchange) {
  std::string value;
  cache::append_cache_status(exchange.cache_status, exchange.configuration->forwarding.via_name, value);
  return value;
}

void note_content_type(Exchange& exchange, cache::Fields fields) {
  if (exchange.judged_type) {
    exchange.content_type = *exchange.judged_type;
  } else if (const auto* type = cache::find(fields, cache::FieldName::content_type)) {
    exchange.content_type = type->value;
  }
}

http::ResponseOptions response_options(const Exchange& exchange, std::string_view cache_status) {
  http::ResponseOptions options;
  options.via_name = exchange.services.via_name;
  options.cache_status = cache_status;
  options.client_version = exchange.request.version;
  options.keep_alive = exchange.keep_alive;
  options.to_head = is_to_head(exchange);
  return options;
}

void begin_response(Exchange& exchange, const http::ResponseHead& head, const http::ResponseOptions& options) {
  exchange.out.clear();
  http::write_response_head(head, options, exchange.out);
  exchange.sent_heads += exchange.out.size();
}

bool leave_piece(Exchange& exchange, std::string_view piece, bool chunked) {
  auto& out = exchange.out;
  const auto size = out.size() + piece.size();
  if (size > kLeftOctets || !exchange.client->stream.may_write_later(size)) { return false; }
  if (chunked && !piece.empty()) { http::append_chunk_head(piece.size(), out); }
  out += piece;
  if (chunked && !piece.empty()) { out += "\r\n"; }
  exchange.client->stream.write_later(out);
  return true;
}

Task<Result<void>> write_piece(Exchange& exchange, std::string_view piece, bool chunked) {
  if (chunked && !piece.empty()) { http::append_chunk_head(piece.size(), exchange.out); }
  iovec pieces[] = {{exchange.out.data(), exchange.out.size()},
                    {const_cast<char*>(piece.data()), piece.size()},
                    {const_cast<char*>("\r\n"), chunked && !piece.empty() ? 2UL : 0UL}};
  auto written = co_await exchange.client->stream.write(std::span(pieces));
  exchange.out.clear();
  co_return written;
}

Task<Result<void>> write_head(Exchange& exchange, int status) {
  if (!leave_piece(exchange, {}, false)) {
    const auto written = co_await write_piece(exchange, {}, false);
    if (!written) { co_return written; }
  }
  note_head_sent(exchange, status);
  co_return Result<void>{};
}

namespace {

// Content up to the end that the source proves. An error ends it in the middle, and the client must see that.
Task<Result<void>> stream_pieces(Exchange& exchange, BodySource& body, http::Framing framing, int status) {
  const bool chunked = framing == http::Framing::chunked;
  if (!body.is_ready()) {
    const auto written = co_await write_head(exchange, status);
    if (!written) { co_return written; }
  }
  for (bool is_end = false; !is_end;) {
    auto piece = body.ready();
    if (!piece) { piece = co_await body.next(); }
    const auto judged = *piece ? judge_again(exchange) : Result<void>(std::unexpected(piece->error()));
    if (!judged) {
      // The head may still be here: then nothing was sent, and the client gets a proper answer.
      exchange.sent_heads -= exchange.out.size();
      exchange.out.clear();
      co_return judged;
    }
    is_end = (*piece)->empty();
    if (is_end && chunked) { append_end(exchange, body); }
    if (is_end && exchange.out.empty()) { break; }
    if (!leave_piece(exchange, **piece, chunked)) {
      const auto written = co_await write_piece(exchange, **piece, chunked);
      if (!written) { co_return written; }
    }
    if (exchange.status == 0) { note_head_sent(exchange, status); }
  }
  co_return Result<void>{};
}

Task<Result<void>> stream_paced(Exchange& exchange, BodySource& body, http::Framing framing, int status,
                                std::uint64_t rate) {
  PacedBody paced(body, rate, exchange.client->stream);
  co_return co_await stream_pieces(exchange, paced, framing, status);
}

}  // namespace

Task<Result<void>> stream_content(Exchange& exchange, BodySource& body, http::Framing framing, int status) {
  const auto* limit = exchange.response_settings[policy::SettingKind::limit_rate];
  if (limit != nullptr) { return stream_paced(exchange, body, framing, status, limit->size); }
  return stream_pieces(exchange, body, framing, status);
}

void note_head_sent(Exchange& exchange, int status) {
  exchange.status = status;
  exchange.first_byte =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - exchange.start);
}

}  // namespace sluice::pipeline
