#include "gateway/pipeline/judge_hello.hpp"

#include <utility>

#include "gateway/pipeline/decide.hpp"
#include "gateway/tls/alert.hpp"

namespace sluice::pipeline {

namespace {

using tls::Alert;
using tls::HelloState;

constexpr std::size_t kPiece = 4096;

// Who else may end the wait for a client that is silent; null: nobody.
using Server = upstream::Connection*;

bool has_spoken(Server server) {
  return server != nullptr && (server->reader.has_rest() || !server->stream.is_quiet());
}

Task<> wait_for_either(net::TcpStream& client, Server server) {
  if (server == nullptr) { return client.until_readable(); }
  return client.until_either_readable(server->stream);
}

// Until the hello is whole, or there is none, or the client has finished without a word. False: it is silent, for as
// long as it may be or until its server has spoken.
Task<Result<bool>> read_opening(Exchange& exchange, Server server, tls::ClientHelloReader& reader,
                                std::string& octets) {
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
      if (octets.empty() && has_spoken(server)) { co_return false; }
      co_await wait_for_either(client.stream, octets.empty() ? server : nullptr);
      continue;
    }
    const bool is_silent = !*count && count->error().kind == ErrorKind::request_timeout && octets.empty();
    if (is_silent) { co_return false; }
    if (!*count) { co_return std::unexpected(count->error()); }
    if (**count == 0 && octets.empty()) { break; }
    if (**count == 0) { co_return fail(ErrorKind::client_gone, Side::client, "reading a TLS hello"); }
    if (octets.empty()) { client.stream.limit_reading(timeouts.head, ErrorKind::request_timeout); }
    octets.append(piece, **count);
    reader.read(std::string_view(piece, **count));
  }
  co_return true;
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

Task<Result<Opening>> read_and_judge(Exchange& exchange, Server server, tls::ClientHelloReader& reader) {
  Opening opening;
  const auto read = co_await read_opening(exchange, server, reader, opening.octets);
  if (!read) { co_return std::unexpected(read.error()); }
  opening.is_settled = !opening.octets.empty();
  const auto judged = judge(exchange, reader);
  if (!judged) { co_return std::unexpected(judged.error()); }
  co_return opening;
}

// For rules in shadow, which keep nobody from anything: what cannot be read passes, and is not known.
Task<Result<Opening>> read_for_shadow(Exchange& exchange, Server server, tls::ClientHelloReader& reader) {
  Opening opening;
  const auto read = co_await read_opening(exchange, server, reader, opening.octets);
  const bool is_late = !read && read.error().kind == ErrorKind::request_timeout;
  if (!read && !is_late) { co_return std::unexpected(read.error()); }
  if (is_late || !*read || reader.state() == HelloState::malformed) { co_return opening; }
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

Task<Result<Opening>> judge_hello(Exchange& exchange, upstream::Connection& upstream) {
  tls::ClientHelloReader reader;
  if (is_decided(exchange)) { co_return co_await read_for_shadow(exchange, &upstream, reader); }
  auto opening = co_await read_and_judge(exchange, &upstream, reader);
  if (!opening) { tell(exchange, reader, opening.error()); }
  co_return opening;
}

Task<Result<Opening>> judge_late_hello(Exchange& exchange) {
  tls::ClientHelloReader reader;
  co_return co_await read_and_judge(exchange, nullptr, reader);
}

}  // namespace sluice::pipeline
