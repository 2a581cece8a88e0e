#include "gateway/pipeline/respond.hpp"

#include "cache/http_date.hpp"
#include "cache/ranges.hpp"
#include "gateway/http/chunked.hpp"
#include "gateway/http/error_page.hpp"
#include "gateway/http/forwarded_fields.hpp"

namespace sluice::pipeline {

namespace {

constexpr std::string_view kCacheName = "sluice";

bool is_to_head(const Exchange& exchange) { return exchange.request.method == http::Method::head; }

// Another request can follow when the client allows it, the whole of this one was taken, and we are not going away.
void settle_keep_alive(Exchange& exchange) {
  exchange.keep_alive =
      exchange.request.keep_alive && exchange.client->reader.content_ended() && !exchange.services.draining;
}

// How content of this framing goes to this client.
http::Framing framing_for_client(Exchange& exchange, const http::ResponseHead& head) {
  if (head.framing == http::Framing::none || head.framing == http::Framing::length) { return head.framing; }
  if (exchange.request.version == http::Version::http_1_1) { return http::Framing::chunked; }
  exchange.keep_alive = false;
  return http::Framing::until_close;
}

std::string cache_status_of(const Exchange& exchange) {
  std::string value;
  cache::append_cache_status(exchange.cache_status, kCacheName, value);
  return value;
}

void note_content_type(Exchange& exchange, cache::Fields fields) {
  if (const auto* type = cache::find(fields, cache::FieldName::content_type)) { exchange.content_type = type->value; }
}

void write_streamed_head(Exchange& exchange, const http::ResponseHead& head, http::Framing framing) {
  const auto status = cache_status_of(exchange);
  const auto date = cache::format_http_date(coarse_unix_now());
  http::ResponseOptions options;
  options.via_name = exchange.services.via_name;
  options.cache_status = status;
  options.date = date;
  options.framing = framing;
  options.content_length = head.content_length;
  options.client_version = exchange.request.version;
  options.keep_alive = exchange.keep_alive;
  options.to_head = is_to_head(exchange);
  options.from_parent = goes_to_parent(exchange);
  exchange.out.clear();
  http::write_response_head(head, options, exchange.out);
}

// One piece of content, with the head in front of it when that has not gone yet, and its chunk framing.
Task<Result<void>> write_piece(Exchange& exchange, std::string_view piece, bool chunked) {
  if (chunked && !piece.empty()) { http::append_chunk_head(piece.size(), exchange.out); }
  iovec pieces[] = {{exchange.out.data(), exchange.out.size()},
                    {const_cast<char*>(piece.data()), piece.size()},
                    {const_cast<char*>("\r\n"), chunked && !piece.empty() ? 2UL : 0UL}};
  auto written = co_await exchange.client->stream.write(std::span(pieces));
  exchange.out.clear();
  co_return written;
}

// Content up to the end that the source proves. An error ends it in the middle, and the client must see that.
Task<Result<void>> stream_content(Exchange& exchange, BodySource& body, http::Framing framing, int status) {
  const bool chunked = framing == http::Framing::chunked;
  bool first = true;
  if (!body.is_ready()) {
    const auto written = co_await write_piece(exchange, {}, false);
    if (!written) { co_return written; }
    note_head_sent(exchange, status);
    first = false;
  }
  for (;;) {
    const auto piece = co_await body.next();
    if (!piece) {
      // The head may still be here: then nothing was sent, and the client gets a proper answer.
      if (first) { exchange.out.clear(); }
      co_return std::unexpected(piece.error());
    }
    if (piece->empty()) { break; }
    const auto written = co_await write_piece(exchange, *piece, chunked);
    if (!written) { co_return written; }
    if (first) { note_head_sent(exchange, status); }
    first = false;
  }
  if (chunked) { exchange.out += "0\r\n\r\n"; }
  if (!exchange.out.empty()) {
    const auto written = co_await write_piece(exchange, {}, false);
    if (!written) { co_return written; }
  }
  if (first) { note_head_sent(exchange, status); }
  co_return Result<void>{};
}

Task<Result<void>> send_streamed(Exchange& exchange, Streamed& streamed) {
  settle_keep_alive(exchange);
  const auto framing = framing_for_client(exchange, streamed.head);
  note_content_type(exchange, streamed.head.fields);
  write_streamed_head(exchange, streamed.head, framing);
  Result<void> sent;
  if (is_to_head(exchange)) {
    sent = co_await write_piece(exchange, {}, false);
    if (sent) { note_head_sent(exchange, streamed.head.status); }
  } else {
    sent = co_await stream_content(exchange, *streamed.body, framing, streamed.head.status);
  }
  co_await streamed.body->finish();
  // The content of the request may have stopped coming while the response was on its way.
  if (!exchange.client->reader.content_ended()) { exchange.keep_alive = false; }
  co_return sent;
}

void append_hit_fields(Exchange& exchange, cache::Seconds age, std::string& out) {
  out += "Age: ";
  out += std::to_string(age.count());
  out += "\r\nVia: 1.1 ";
  out += exchange.services.via_name;
  out += "\r\nCache-Status: ";
  cache::append_cache_status(exchange.cache_status, kCacheName, out);
  if (!exchange.keep_alive) {
    out += "\r\nConnection: close";
  } else if (exchange.request.version == http::Version::http_1_0) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
}

// The commonest case of all: a whole stored response out of memory leaves in one write.
Task<Result<void>> send_resident(Exchange& exchange, const FromStore& stored) {
  const auto& response = *stored.response;
  exchange.out.clear();
  append_hit_fields(exchange, stored.age, exchange.out);
  constexpr std::size_t kPieces = 64;
  std::array<iovec, kPieces> pieces;
  std::size_t count = 0;
  const auto add = [&](const char* data, std::size_t size) { pieces[count++] = {const_cast<char*>(data), size}; };
  add(response.head.wire.data(), response.head.wire.size());
  add(exchange.out.data(), exchange.out.size());
  if (!is_to_head(exchange)) {
    for (const auto& segment : response.segments) {
      if (count == kPieces) {
        const auto written = co_await exchange.client->stream.write(std::span(pieces.data(), count));
        if (!written) { co_return written; }
        count = 0;
      }
      add(segment.data, segment.size);
    }
  }
  auto written = co_await exchange.client->stream.write(std::span(pieces.data(), count));
  if (written) { note_head_sent(exchange, response.head.status); }
  co_return written;
}

http::ResponseHead head_of(const cache::StoredHead& stored, int status) {
  const auto fields = stored.fields.fields();
  http::ResponseHead head;
  head.status = status;
  head.reason = http::reason_phrase(status);
  head.fields.assign(fields.begin(), fields.end());
  head.framing = http::Framing::length;
  head.content_length = stored.content_length;
  return head;
}

// RFC 9110 15.4.5: what a 200 would have said of these fields, and little else.
bool belongs_in_304(const cache::Field& field) {
  using cache::FieldName;
  switch (field.id) {
    case FieldName::content_length:
    case FieldName::content_type:
    case FieldName::content_encoding:
    case FieldName::content_language:
    case FieldName::content_range:
      return false;
    default:
      return true;
  }
}

Task<Result<void>> send_head_only(Exchange& exchange, const FromStore& stored, int status) {
  auto head = head_of(stored.response->head, status);
  if (status == 304) { std::erase_if(head.fields, [](const auto& field) { return !belongs_in_304(field); }); }
  head.framing = http::Framing::none;
  head.content_length = 0;
  const auto cache_status = cache_status_of(exchange);
  http::ResponseOptions options;
  options.via_name = exchange.services.via_name;
  options.cache_status = cache_status;
  options.age = static_cast<std::uint64_t>(stored.age.count());
  options.client_version = exchange.request.version;
  options.keep_alive = exchange.keep_alive;
  options.framing = status == 304 ? http::Framing::none : http::Framing::length;
  exchange.out.clear();
  http::write_response_head(head, options, exchange.out);
  auto written = co_await write_piece(exchange, {}, false);
  if (written) { note_head_sent(exchange, status); }
  co_return written;
}

// A part of a stored response (RFC 9110 15.3.7), or the whole of one that is read from disk piece by piece.
Task<Result<void>> send_part(Exchange& exchange, const FromStore& stored, int status, cache::ByteRange range) {
  auto head = head_of(stored.response->head, status);
  head.content_length = range.size();
  std::string content_range;
  if (status == 206) {
    content_range = "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" +
                    std::to_string(stored.response->head.content_length);
    head.fields.push_back({"Content-Range", content_range, cache::FieldName::content_range});
  }
  const auto cache_status = cache_status_of(exchange);
  http::ResponseOptions options;
  options.via_name = exchange.services.via_name;
  options.cache_status = cache_status;
  options.age = static_cast<std::uint64_t>(stored.age.count());
  options.framing = http::Framing::length;
  options.content_length = head.content_length;
  options.client_version = exchange.request.version;
  options.keep_alive = exchange.keep_alive;
  options.to_head = is_to_head(exchange);
  exchange.out.clear();
  http::write_response_head(head, options, exchange.out);
  if (is_to_head(exchange)) {
    auto written = co_await write_piece(exchange, {}, false);
    if (written) { note_head_sent(exchange, status); }
    co_return written;
  }
  StoredBody body(exchange.services, stored.response, range.first, range.size());
  co_return co_await stream_content(exchange, body, http::Framing::length, status);
}

// RFC 9110 15.5.17
Task<Result<void>> send_unsatisfiable(Exchange& exchange, const FromStore& stored) {
  const auto content_range = "bytes */" + std::to_string(stored.response->head.content_length);
  const cache::Field field{"Content-Range", content_range, cache::FieldName::content_range};
  http::ResponseHead head;
  head.status = 416;
  head.reason = http::reason_phrase(416);
  const auto cache_status = cache_status_of(exchange);
  const auto date = cache::format_http_date(coarse_unix_now());
  http::ResponseOptions options;
  options.via_name = exchange.services.via_name;
  options.cache_status = cache_status;
  options.date = date;
  options.framing = http::Framing::length;
  options.client_version = exchange.request.version;
  options.keep_alive = exchange.keep_alive;
  options.extra = cache::Fields(&field, 1);
  exchange.out.clear();
  http::write_response_head(head, options, exchange.out);
  auto written = co_await write_piece(exchange, {}, false);
  if (written) { note_head_sent(exchange, 416); }
  co_return written;
}

bool has_conditions_or_range(cache::Fields fields) {
  using cache::FieldName;
  for (const auto& field : fields) {
    if (field.id == FieldName::range || field.id == FieldName::if_match || field.id == FieldName::if_none_match ||
        field.id == FieldName::if_modified_since || field.id == FieldName::if_unmodified_since) {
      return true;
    }
  }
  return false;
}

Task<Result<void>> send_stored(Exchange& exchange, const FromStore& stored) {
  settle_keep_alive(exchange);
  const auto& head = stored.response->head;
  note_content_type(exchange, head.fields.fields());
  if (has_conditions_or_range(exchange.request.fields)) {
    const auto view = exchange.request_view();
    const auto condition = cache::evaluate_conditions(view, head);
    if (condition == cache::ConditionResult::not_modified) { co_return co_await send_head_only(exchange, stored, 304); }
    if (condition == cache::ConditionResult::precondition_failed) { co_return co_await send_head_only(exchange, stored, 412); }
    const auto answer = cache::evaluate_range(view, head);
    if (answer.kind == cache::RangeAnswer::Kind::unsatisfiable) { co_return co_await send_unsatisfiable(exchange, stored); }
    if (answer.kind == cache::RangeAnswer::Kind::partial) {
      co_return co_await send_part(exchange, stored, 206, answer.range);
    }
  }
  if (stored.response->is_resident() || is_to_head(exchange)) { co_return co_await send_resident(exchange, stored); }
  co_return co_await send_part(exchange, stored, head.status, {0, head.content_length - 1});
}

std::string reason_of(const Exchange& exchange, const Error& error) {
  if (error.kind == ErrorKind::http_request_denied) { return std::string(exchange.decision.reason); }
  return error.text();
}

// Which errors leave a client connection that another request can follow on?
bool is_recoverable(const Error& error) noexcept {
  return error.side != Side::client && error.kind != ErrorKind::http_request_error && error.kind != ErrorKind::shutting_down;
}

}  // namespace

void note_head_sent(Exchange& exchange, int status) {
  exchange.status = status;
  exchange.first_byte =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - exchange.start);
}

int status_of(const Error& error) noexcept {
  switch (error.kind) {
    case ErrorKind::http_request_denied:
    case ErrorKind::destination_ip_prohibited:
      return 403;
    case ErrorKind::dns_timeout:
    case ErrorKind::connection_timeout:
    case ErrorKind::connection_read_timeout:
    case ErrorKind::http_response_timeout:
    case ErrorKind::only_if_cached:
      return 504;
    case ErrorKind::connection_limit_reached:
    case ErrorKind::shutting_down:
      return 503;
    case ErrorKind::http_request_error:
      return error.code >= 400 && error.code < 600 ? error.code : 400;
    case ErrorKind::request_timeout:
      return 408;
    case ErrorKind::proxy_internal_error:
    case ErrorKind::proxy_configuration_error:
      return 500;
    default:
      return 502;
  }
}

Task<Result<void>> respond(Exchange& exchange, Obtained& obtained) {
  if (auto* stored = std::get_if<FromStore>(&obtained)) { co_return co_await send_stored(exchange, *stored); }
  co_return co_await send_streamed(exchange, std::get<Streamed>(obtained));
}

Task<Result<void>> respond_error(Exchange& exchange, const Error& error) {
  settle_keep_alive(exchange);
  if (!is_recoverable(error)) { exchange.keep_alive = false; }
  const auto date = cache::format_http_date(coarse_unix_now());
  const auto version = std::to_string(exchange.policy->version());
  const auto reason = reason_of(exchange, error);
  const auto accept = cache::combined(exchange.request.fields, cache::FieldName::accept);
  http::GeneratedAnswer answer;
  answer.status = status_of(error);
  answer.kind = error.kind;
  answer.reason = reason;
  if (error.kind == ErrorKind::http_request_denied) {
    answer.rule = exchange.decision.rule_id;
    answer.policy_version = version;
  }
  answer.request_id = view(exchange.id);
  answer.target = exchange.target.text;
  answer.accept = accept;
  answer.date = date;
  answer.method = exchange.request.method;
  answer.keep_alive = exchange.keep_alive;
  exchange.content_type.clear();
  exchange.out.clear();
  http::append_answer(answer, exchange.out);
  auto written = co_await write_piece(exchange, {}, false);
  if (written) { note_head_sent(exchange, answer.status); }
  co_return written;
}

Task<Result<void>> respond_locally(Exchange& exchange) {
  settle_keep_alive(exchange);
  const bool trace = exchange.request.method == http::Method::trace;
  std::string content;
  if (trace) {
    // RFC 9110 9.3.8: the request as received, without fields that are likely to contain sensitive data.
    content.append(exchange.request.method_text).append(" ").append(exchange.request.target).append(" HTTP/1.1\r\n");
    for (const auto& field : exchange.request.fields) {
      using cache::FieldName;
      if (field.id == FieldName::authorization || field.id == FieldName::proxy_authorization || field.id == FieldName::cookie) {
        continue;
      }
      content.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    content += "\r\n";
  }
  const auto date = cache::format_http_date(coarse_unix_now());
  http::ResponseHead head;
  head.status = 200;
  head.reason = http::reason_phrase(200);
  std::array<cache::Field, 1> fields{{{"Allow", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE, CONNECT", cache::FieldName::allow}}};
  if (trace) { fields[0] = {"Content-Type", "message/http", cache::FieldName::content_type}; }
  http::ResponseOptions options;
  options.via_name = exchange.services.via_name;
  options.date = date;
  options.framing = http::Framing::length;
  options.content_length = content.size();
  options.client_version = exchange.request.version;
  options.keep_alive = exchange.keep_alive;
  options.extra = fields;
  exchange.out.clear();
  http::write_response_head(head, options, exchange.out);
  exchange.out += content;
  auto written = co_await write_piece(exchange, {}, false);
  if (written) { note_head_sent(exchange, 200); }
  co_return written;
}

}  // namespace sluice::pipeline
