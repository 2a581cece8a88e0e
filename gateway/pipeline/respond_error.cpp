#include "cache/http_date.hpp"
#include "gateway/http/error_page.hpp"
#include "gateway/pipeline/limit.hpp"
#include "gateway/pipeline/respond.hpp"
#include "gateway/pipeline/response_writer.hpp"

namespace sluice::pipeline {

namespace {

std::string reason_of_denial(const Exchange& exchange) {
  std::string reason(exchange.decision.reason);
  if (exchange.decision.verdict != policy::Verdict::redirect) { return reason; }
  if (!reason.empty()) { reason += ". "; }
  return reason += "A tunnel cannot be redirected, as this rule asks: it is refused.";
}

std::string reason_of_limit(const policy::Rule& rule, const policy::Setting& limit) {
  if (!rule.reason.empty()) { return rule.reason; }
  if (limit.kind == policy::SettingKind::limit_size) {
    return "The response has more than the " + std::to_string(limit.size) + " octets that the policy lets it have.";
  }
  return "This client has as many requests and tunnels open as the policy lets it; try again when one has ended.";
}

std::string reason_of(const Exchange& exchange, const Error& error) {
  if (const auto* limit = limit_behind(exchange, error)) { return reason_of_limit(rule_of(exchange, *limit), *limit); }
  if (error.kind == ErrorKind::http_request_denied) { return reason_of_denial(exchange); }
  if (error.kind == ErrorKind::authentication_required) { return "This gateway asks for a name and a password."; }
  return error.text();
}

// The line of the policy that refuses the exchange; "" when none does.
std::string_view rule_behind(const Exchange& exchange, const Error& error) {
  if (const auto* limit = limit_behind(exchange, error)) { return rule_of(exchange, *limit).id; }
  const bool is_by_verdict =
      error.kind == ErrorKind::http_request_denied || error.kind == ErrorKind::authentication_required;
  return is_by_verdict ? exchange.decision.rule_id : std::string_view();
}

// RFC 7617 2 and 2.1; the realm as a quoted-string.
std::string challenge_of(const config::Configuration& configuration) {
  std::string challenge = "Basic realm=\"";
  for (const char c : configuration.auth.realm) {
    if (c == '"' || c == '\\') { challenge += '\\'; }
    challenge += c;
  }
  return challenge += "\", charset=\"UTF-8\"";
}

// Which errors leave a client connection that another request can follow on?
bool is_recoverable(const Error& error) noexcept {
  return error.side != Side::client && error.kind != ErrorKind::http_request_error &&
         error.kind != ErrorKind::shutting_down;
}

// What a client sends ahead of the answer to its CONNECT is meant for the tunnel; it must not be read as requests of
// that client. Who is asked for a name comes again on the same connection, if it has waited.
bool may_follow(const Exchange& exchange, const Error& error) {
  return !exchange.is_tunnel_request() || error.kind == ErrorKind::authentication_required;
}

}  // namespace

int status_of(const Error& error) noexcept {
  switch (error.kind) {
    case ErrorKind::http_request_denied:
    case ErrorKind::destination_ip_prohibited:
      return 403;
    case ErrorKind::authentication_required:
      return 407;
    case ErrorKind::dns_timeout:
    case ErrorKind::connection_timeout:
    case ErrorKind::connection_read_timeout:
    case ErrorKind::http_response_timeout:
    case ErrorKind::only_if_cached:
      return 504;
    case ErrorKind::client_limit_reached:
      return 429;
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

Task<Result<void>> respond_error(Exchange& exchange, const Error& error) {
  settle_keep_alive(exchange);
  if (!is_recoverable(error) || !may_follow(exchange, error)) { exchange.keep_alive = false; }
  const auto date = cache::format_http_date(coarse_unix_now());
  const auto version = std::to_string(exchange.policy->version());
  const auto reason = reason_of(exchange, error);
  const auto accept = cache::combined(exchange.request.fields, cache::FieldName::accept);
  http::GeneratedAnswer answer;
  answer.status = status_of(error);
  answer.kind = error.kind;
  answer.gateway = exchange.configuration->forwarding.via_name;
  answer.reason = reason;
  const auto challenge = challenge_of(*exchange.configuration);
  const std::array<cache::Field, 1> challenges{
      {{"Proxy-Authenticate", challenge, cache::FieldName::proxy_authenticate}}};
  const bool asks = error.kind == ErrorKind::authentication_required;
  if (asks) { answer.extra = challenges; }
  const std::array<cache::Field, 1> waits{{{"Retry-After", "1"}}};
  if (error.kind == ErrorKind::client_limit_reached) { answer.extra = waits; }
  answer.rule = rule_behind(exchange, error);
  if (!answer.rule.empty()) { answer.policy_version = version; }
  answer.request_id = view(exchange.id);
  answer.target = exchange.target.text;
  answer.accept = accept;
  answer.date = date;
  answer.method = exchange.request.method;
  answer.keep_alive = exchange.keep_alive;
  exchange.content_type.clear();
  exchange.out.clear();
  exchange.sent_heads += http::append_answer(answer, exchange.out);
  co_return co_await write_head(exchange, answer.status);
}

}  // namespace sluice::pipeline
