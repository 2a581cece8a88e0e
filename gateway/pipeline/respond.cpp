#include "gateway/pipeline/respond.hpp"

#include "cache/http_date.hpp"
#include "gateway/pipeline/respond_stored.hpp"
#include "gateway/pipeline/response_writer.hpp"

namespace sluice::pipeline {

namespace {

// How content of this framing goes to this client.
http::Framing framing_for_client(Exchange& exchange, const http::ResponseHead& head) {
  if (head.framing == http::Framing::none || head.framing == http::Framing::length) { return head.framing; }
  if (exchange.request.version == http::Version::http_1_1) { return http::Framing::chunked; }
  exchange.keep_alive = false;
  return http::Framing::until_close;
}

void write_streamed_head(Exchange& exchange, const Streamed& streamed, http::Framing framing) {
  const auto& head = streamed.head;
  const auto cache_status = cache_status_of(exchange);
  const auto date = cache::format_http_date(coarse_unix_now());
  auto options = response_options(exchange, cache_status);
  options.date = date;
  options.framing = framing;
  options.content_length = head.content_length;
  if (streamed.age) { options.age = static_cast<std::uint64_t>(streamed.age->count()); }
  options.from_parent = goes_to_parent(exchange);
  begin_response(exchange, head, options);
}

Task<Result<void>> send_streamed(Exchange& exchange, Streamed& streamed) {
  settle_keep_alive(exchange);
  const auto framing = framing_for_client(exchange, streamed.head);
  note_content_type(exchange, streamed.head.fields);
  write_streamed_head(exchange, streamed, framing);
  Result<void> sent;
  if (is_to_head(exchange)) {
    sent = co_await write_head(exchange, streamed.head.status);
  } else {
    sent = co_await stream_content(exchange, *streamed.body, framing, streamed.head.status);
  }
  if (!streamed.body->finish()) { co_await streamed.body->stop(); }
  // The content of the request may have stopped coming while the response was on its way.
  if (!exchange.client->reader.content_ended()) { exchange.keep_alive = false; }
  co_return sent;
}

}  // namespace

Task<Result<void>> respond(Exchange& exchange, Obtained& obtained) {
  if (auto* stored = std::get_if<FromStore>(&obtained)) { return send_stored(exchange, *stored); }
  return send_streamed(exchange, std::get<Streamed>(obtained));
}

}  // namespace sluice::pipeline
