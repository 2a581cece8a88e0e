#include "gateway/pipeline/tunnel.hpp"

#include "gateway/http/forwarded_fields.hpp"
#include "gateway/net/relay.hpp"
#include "gateway/pipeline/authenticate.hpp"
#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/judge_hello.hpp"
#include "gateway/pipeline/message_limits.hpp"
#include "gateway/pipeline/pass_through.hpp"
#include "gateway/pipeline/respond.hpp"
#include "gateway/pipeline/response_writer.hpp"

namespace sluice::pipeline {

namespace {

// Asks the parent proxy for the tunnel (RFC 9110 9.3.6). Whatever it answers is the result.
Task<Result<http::ResponseHead>> ask_parent(Exchange& exchange, upstream::Connection& connection) {
  const auto& configuration = *exchange.configuration;
  exchange.out.clear();
  write_request_to_upstream(exchange, {}, exchange.out);
  const auto sent = co_await connection.stream.write(exchange.out);
  if (!sent) { co_return std::unexpected(sent.error()); }
  const auto limits = head_limits(configuration);
  const auto first_byte = configuration.timeouts.first_byte;
  const auto head = co_await connection.reader.read_head(
      limits, {first_byte, ErrorKind::http_response_timeout, first_byte, ErrorKind::http_response_timeout});
  if (!head) { co_return std::unexpected(head.error()); }
  if (head->empty()) {
    co_return fail(ErrorKind::connection_terminated, Side::upstream, "asking the parent for a tunnel");
  }
  http::ResponseHead response;
  const auto parsed = http::parse_response_head(*head, limits, http::Method::connect, response);
  if (!parsed) { co_return std::unexpected(parsed.error()); }
  connection.reader.begin_content(response.framing, response.content_length, chunk_limits(configuration),
                                  {configuration.timeouts.upstream_idle, 0, ErrorKind::connection_read_timeout});
  co_return std::move(response);
}

// The parent's refusal (407, 403, ...) is the client's answer, in the parent's own words.
Task<Result<void>> pass_refusal(Exchange& exchange, upstream::ConnectionPtr connection, http::ResponseHead head) {
  exchange.cache_status.forward = cache::CacheStatus::Forward::method;
  Forwarded refused;
  refused.connection = std::move(connection);
  refused.head = std::move(head);
  refused.head.keep_alive = false;
  Obtained obtained = as_streamed(exchange, std::move(refused));
  co_return co_await respond(exchange, obtained);
}

// A policy that came into force meanwhile did not find this tunnel among the open ones, or not what is known of it now.
void judge_by_newer_policy(const Exchange& exchange, OpenTunnel& open) {
  const auto& policy = exchange.services.policy.current();
  if (policy != exchange.policy) { TunnelRegistry::judge_again(open, policy, coarse_unix_now()); }
}

// Nor did accounts that changed.
Task<> judge_by_newer_accounts(Exchange& exchange, OpenTunnel& open) {
  const bool is_signed_in = co_await is_still_signed_in(exchange);
  if (is_signed_in) { co_return; }
  open.facts.user.reset();
  TunnelRegistry::judge_again(open, exchange.services.policy.current(), coarse_unix_now());
}

// What either side sent behind its head belongs to the tunnel.
Task<Result<void>> pass_rest(http1::MessageReader& reader, net::TcpStream& to) {
  if (!reader.has_rest()) { co_return Result<void>{}; }
  auto written = co_await to.write(reader.rest());
  reader.drop_rest();
  co_return written;
}

// False: the client has been silent so far. What it said was sent on.
Task<Result<bool>> open_by_hello(Exchange& exchange, upstream::Connection& connection) {
  const auto opening = co_await judge_hello(exchange, connection);
  if (!opening) { co_return std::unexpected(opening.error()); }
  connection.stream.limit_writing(exchange.configuration->timeouts.write);
  const auto sent = co_await connection.stream.write(opening->octets);
  if (!sent) { co_return std::unexpected(sent.error()); }
  co_return opening->is_settled;
}

// A client that was silent is judged by its first octets; nothing goes upstream before.
Task<Result<void>> open_late(Exchange& exchange, upstream::Connection& connection, OpenTunnel& open) {
  const auto opening = co_await judge_late_hello(exchange);
  open.facts.hello = exchange.hello->facts();
  if (!opening) { co_return std::unexpected(opening.error()); }
  judge_by_newer_policy(exchange, open);
  co_return co_await connection.stream.write(opening->octets);
}

// `waits`: nothing goes upstream until the client's first octets were judged.
// `limit`: a line on the rate, or null.
Task<> run(Exchange& exchange, upstream::Connection& connection, const policy::Setting* limit, bool waits = false) {
  auto& services = exchange.services;
  auto& client = *exchange.client;
  OpenTunnel open{facts_where_connected(exchange), &client.stream, &connection.stream, exchange.decision,
                  exchange.policy};
  const TunnelRegistry::Entry entry(services.tunnels, open);
  services.metrics.tunnels_opened.add();
  services.metrics.tunnels_open.add();
  exchange.is_tunnel = true;
  judge_by_newer_policy(exchange, open);
  co_await judge_by_newer_accounts(exchange, open);
  const auto upward = co_await pass_rest(client.reader, connection.stream);
  const auto downward = co_await pass_rest(connection.reader, client.stream);
  if (upward && downward) {
    net::RelayOptions options{exchange.configuration->timeouts.tunnel_idle, exchange.configuration->timeouts.write};
    if (limit != nullptr) { options.rate = limit->size; }
    if (waits) {
      options.open_upward = [&] { return open_late(exchange, connection, open); };
    }
    exchange.error = co_await net::relay(services.context, client.stream, connection.stream, services.pipes, options);
  } else {
    exchange.error = upward ? downward.error() : upward.error();
  }
  services.metrics.tunnels_open.sub();
  exchange.kept_by = open.kept_by;
  // What was cut on one side must not look like an end on the other.
  if (exchange.error && exchange.error->kind == ErrorKind::connection_terminated) { client.stream.reset(); }
  if (exchange.error && exchange.error->kind == ErrorKind::client_gone) { connection.stream.reset(); }
  if (policy::stops(open.decision.verdict)) {
    exchange.earlier_policy = std::exchange(exchange.policy, open.policy);
    exchange.decision = open.decision;
    exchange.error = Error{ErrorKind::http_request_denied, Side::gateway, 0, false, "judging an open tunnel again"};
  }
}

}  // namespace

Task<Result<void>> tunnel(Exchange& exchange) {
  auto connected = co_await connect_upstream(exchange);
  if (!connected) { co_return std::unexpected(connected.error()); }
  auto& connection = **connected;
  exchange.upstream_text = connection.text;
  if (goes_to_parent(exchange)) {
    auto answer = co_await ask_parent(exchange, connection);
    if (!answer) { co_return std::unexpected(answer.error()); }
    const bool is_open = answer->status >= 200 && answer->status <= 299;
    if (!is_open) { co_return co_await pass_refusal(exchange, std::move(*connected), std::move(*answer)); }
  }
  constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";
  exchange.sent_heads += kEstablished.size();
  const auto answered = co_await exchange.client->stream.write(kEstablished);
  if (!answered) { co_return answered; }
  note_head_sent(exchange, 200);
  const auto* limit = exchange.settings[policy::SettingKind::limit_rate];
  if (!hangs_on_hello(exchange)) {
    co_await run(exchange, connection, limit);
    co_return Result<void>{};
  }
  const auto opened = co_await open_by_hello(exchange, connection);
  if (opened) {
    co_await run(exchange, connection, limit, !*opened);
  } else {
    exchange.error = opened.error();  // the client has its answer, so that there is nothing more to say
  }
  co_return Result<void>{};
}

Task<Result<void>> tunnel_upgraded(Exchange& exchange, Forwarded forwarded) {
  // RFC 9110 7.8: a client cannot begin to use the new protocol "until it has completely sent the request message".
  if (forwarded.upload != nullptr && !(forwarded.upload->has_ended() && forwarded.upload->was_complete())) {
    co_await forwarded.upload->stop();
    co_return fail(ErrorKind::http_upgrade_failed, Side::upstream, "switching protocols ahead of the request's end");
  }
  http::ResponseOptions options;
  options.via_name = exchange.services.via_name;
  begin_response(exchange, forwarded.head, options);
  const auto answered = co_await exchange.client->stream.write(exchange.out);
  if (!answered) { co_return answered; }
  note_head_sent(exchange, 101);
  co_await run(exchange, *forwarded.connection, exchange.response_settings[policy::SettingKind::limit_rate]);
  co_return Result<void>{};
}

}  // namespace sluice::pipeline
