#include "gateway/pipeline/judge_hello.hpp"

#include <utility>

#include "gateway/pipeline/decide.hpp"
#include "gateway/tls/alert.hpp"

namespace sluice::pipeline {

namespace {

using tls::Alert;
using tls::HelloState;

constexpr std::size_t kPiece = 4096;

// Until the hello is whole, or there is none, or the client has finished without a word.
Task<Result<void>> read_opening(Exchange& exchange, tls::ClientHelloReader& reader, std::string& octets) {
  static thread_local char piece[kPiece];  // not used across a suspension
  auto& client = *exchange.client;
  const auto& timeouts = exchange.configuration->timeouts;
  octets = client.reader.rest();
  client.reader.drop_rest();
  reader.read(octets);
  client.stream.limit_reading(octets.empty() ? timeouts.hello : timeouts.head, ErrorKind::request_timeout);
  while (reader.state() == HelloState::incomplete) {
    const auto count = client.stream.try_read(piece);
    if (!count) {
      co_await client.stream.until_readable();
      continue;
    }
    if (!*count) { co_return std::unexpected(count->error()); }
    if (**count == 0 && octets.empty()) { break; }
    if (**count == 0) { co_return fail(ErrorKind::client_gone, Side::client, "reading a TLS hello"); }
    if (octets.empty()) { client.stream.limit_reading(timeouts.head, ErrorKind::request_timeout); }
    octets.append(piece, **count);
    reader.read(std::string_view(piece, **count));
  }
  co_return Result<void>{};
}

Result<void> judge(Exchange& exchange, const tls::ClientHelloReader& reader) {
  if (reader.state() == HelloState::malformed) {
    return fail(ErrorKind::tls_protocol_error, Side::client, "reading a TLS hello");
  }
  const bool is_tls = reader.state() == HelloState::complete;
  exchange.hello = is_tls ? std::make_unique<KnownHello>(reader.hello()) : std::make_unique<KnownHello>();
  if (decide_hello(exchange)) { return {}; }
  return fail(ErrorKind::http_request_denied, Side::gateway, "deciding by the TLS hello");
}

// Why the client gets this alert and no other: docs/decisions/0055.
Alert alert_for(const Exchange& exchange, const Error& error) {
  if (error.kind == ErrorKind::tls_protocol_error) { return Alert::decode_error; }
  const bool has_name = exchange.hello != nullptr && !exchange.hello->server_name().empty();
  return has_name ? Alert::unrecognized_name : Alert::access_denied;
}

void tell(Exchange& exchange, const tls::ClientHelloReader& reader, const Error& error) {
  if (reader.state() == HelloState::not_tls || reader.state() == HelloState::incomplete) { return; }
  auto alert = tls::fatal_alert(alert_for(exchange, error));
  exchange.client->stream.write_later(alert);
}

Task<Result<Opening>> read_and_judge(Exchange& exchange, tls::ClientHelloReader& reader) {
  Opening opening;
  const auto read = co_await read_opening(exchange, reader, opening.octets);
  opening.is_settled = !opening.octets.empty();
  const bool is_silent = !read && read.error().kind == ErrorKind::request_timeout && opening.octets.empty();
  if (!read && !is_silent) { co_return std::unexpected(read.error()); }
  const auto judged = judge(exchange, reader);
  if (!judged) { co_return std::unexpected(judged.error()); }
  co_return opening;
}

// For rules in shadow, which keep nobody from anything: what cannot be read passes, and is not known.
Task<Result<Opening>> read_for_shadow(Exchange& exchange, tls::ClientHelloReader& reader) {
  Opening opening;
  const auto read = co_await read_opening(exchange, reader, opening.octets);
  const bool is_late = !read && read.error().kind == ErrorKind::request_timeout;
  if (!read && !is_late) { co_return std::unexpected(read.error()); }
  if (is_late || reader.state() == HelloState::malformed) { co_return opening; }
  const auto judged = judge(exchange, reader);
  if (!judged) { co_return std::unexpected(judged.error()); }
  co_return opening;
}

bool is_decided(const Exchange& exchange) {
  return exchange.decision.verdict != policy::Verdict::undecided;
}

}  // namespace

bool hangs_on_hello(const Exchange& exchange) {
  return exchange.policy->asks_for_hello() && (!is_decided(exchange) || exchange.decision.shadow_is_pending);
}

Task<Result<Opening>> judge_hello(Exchange& exchange) {
  tls::ClientHelloReader reader;
  if (is_decided(exchange)) { co_return co_await read_for_shadow(exchange, reader); }
  auto opening = co_await read_and_judge(exchange, reader);
  if (!opening) { tell(exchange, reader, opening.error()); }
  co_return opening;
}

Task<Result<Opening>> judge_late_hello(Exchange& exchange) {
  tls::ClientHelloReader reader;
  co_return co_await read_and_judge(exchange, reader);
}

}  // namespace sluice::pipeline
