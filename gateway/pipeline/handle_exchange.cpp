#include "gateway/pipeline/handle_exchange.hpp"

#include "gateway/http/forwarded_fields.hpp"
#include "gateway/pipeline/authenticate.hpp"
#include "gateway/pipeline/cache_settings.hpp"
#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/identify.hpp"
#include "gateway/pipeline/judge_response.hpp"
#include "gateway/pipeline/obtain.hpp"
#include "gateway/pipeline/record.hpp"
#include "gateway/pipeline/respond.hpp"
#include "gateway/pipeline/respond_pac.hpp"
#include "gateway/pipeline/respond_purge.hpp"
#include "gateway/pipeline/respond_stored.hpp"
#include "gateway/pipeline/tunnel.hpp"

namespace sluice::pipeline {

namespace {

// A place among those that the client may have open, where the policy limits them.
Result<std::optional<OpenExchanges::Place>> take_place(const Exchange& exchange) {
  const auto* limit = exchange.settings[policy::SettingKind::limit_connections];
  if (limit == nullptr) { return std::nullopt; }
  const auto& line = exchange.policy->rules()[limit->rule].id;
  auto place = exchange.services.open_exchanges.take(exchange.client_address, line, limit->most);
  if (!place) { return fail(ErrorKind::client_limit_reached, Side::gateway, "counting what the client has open"); }
  return place;
}

Task<Result<void>> answer(Exchange& exchange, Obtained obtained) {
  if (may_matter(exchange)) {
    const auto judged = co_await judge_response(exchange, obtained);
    if (!judged) { co_return judged; }
  }
  if (auto* upgraded = std::get_if<Upgraded>(&obtained)) {
    co_return co_await tunnel_upgraded(exchange, std::move(upgraded->forwarded));
  }
  co_return co_await respond(exchange, obtained);
}

// What could be done of an exchange without waiting for anything.
struct Begun {
  std::optional<Result<void>> identified;  // target and client; nullopt: credentials have to be verified first
  std::optional<Look> look;                // ahead of decide()
  std::optional<FromStore> stored;         // what it found, when that is the answer
};

// What is stored tells the address that it came from, so that a hit is judged once, by all there is to know. Settings
// of the policy change the request ahead of everything that looks at it: with them, decide() comes first.
void look_first(Exchange& exchange, Begun& begun) {
  if (exchange.policy->has_settings(policy::SettingStage::request)) { return; }
  begun.look = look_in_memory(exchange);
  begun.stored = use_resident(exchange, *begun.look);
}

Begun begin(Exchange& exchange) {
  Begun begun{identify(exchange), {}, {}};
  if (*begun.identified && exchange.policy->asks_for_users()) { begun.identified = authenticate(exchange); }
  if (begun.identified && *begun.identified) { look_first(exchange, begun); }
  return begun;
}

// Most hits end here: nothing to wait for, and nothing that the policy asks of the response.
bool leave_at_once(Exchange& exchange, const Begun& begun) {
  return begun.stored && !may_matter(exchange) && leave_stored(exchange, *begun.stored);
}

Task<Result<void>> serve(Exchange& exchange, Begun begun) {
  if (!begun.identified) {
    begun.identified = co_await verify(exchange);
    if (*begun.identified) { look_first(exchange, begun); }
  }
  if (!*begun.identified && asks_for_pac(exchange.request)) { co_return co_await respond_pac(exchange); }
  if (!*begun.identified) { co_return *begun.identified; }
  if (begun.stored) { co_return co_await answer(exchange, std::move(*begun.stored)); }
  decide(exchange);
  if (policy::stops(exchange.decision.verdict)) {
    co_return fail(ErrorKind::http_request_denied, Side::gateway, "deciding");
  }
  const auto place = take_place(exchange);
  if (!place) { co_return std::unexpected(place.error()); }
  if (is_purge(exchange)) { co_return co_await respond_purge(exchange); }
  if (exchange.is_tunnel_request()) { co_return co_await tunnel(exchange); }
  if (http::max_forwards(exchange.request) == 0) { co_return co_await respond_locally(exchange); }
  // What decide() found may be that the cache is none of this request's business.
  if (!begun.look || !may_use_cache(exchange)) { begun.look = look_in_memory(exchange); }
  auto obtained = co_await obtain(exchange, std::move(*begun.look));
  if (!obtained) { co_return std::unexpected(obtained.error()); }
  co_return co_await answer(exchange, std::move(*obtained));
}

// Nothing more can be said to a client that is not there, or that stopped taking octets: it would read what follows as
// part of the response that was under way.
bool may_answer(const Exchange& exchange, const Error& error) {
  const bool is_listening = error.kind != ErrorKind::client_gone && error.kind != ErrorKind::idle_timeout &&
                            !(error.kind == ErrorKind::connection_write_timeout && error.side == Side::client);
  return exchange.status == 0 && is_listening && exchange.client->stream.is_open();
}

// A client of HTTP/1.0 may take the end of the connection for the end of the content, so that it needs a reset.
void cut(Exchange& exchange) {
  const bool was_begun = exchange.status != 0 && !exchange.is_tunnel;
  if (was_begun && exchange.request.version == http::Version::http_1_0) { exchange.client->stream.reset(); }
}

// The policy stopped it at some step, and says where the client finds what it may have. There is no such answer to a
// CONNECT: clients take nothing for one but a tunnel or its refusal.
bool is_redirected(const Exchange& exchange, const Error& error) {
  return error.kind == ErrorKind::http_request_denied && exchange.decision.verdict == policy::Verdict::redirect &&
         !exchange.is_tunnel_request();
}

// What happened after the head was sent cannot be taken back: the connection closes, and the client sees the cut.
Task<> end_with(Exchange& exchange, const Error& error) {
  exchange.error = error;
  exchange.keep_alive = false;
  if (!may_answer(exchange, error)) { co_return cut(exchange); }
  Result<void> answered;
  if (is_redirected(exchange, error)) {
    exchange.error.reset();
    answered = co_await respond_redirect(exchange);
  } else {
    answered = co_await respond_error(exchange, error);
  }
  if (!answered) { exchange.keep_alive = false; }
}

Task<> serve_and_record(Exchange& exchange, Begun begun) {
  const auto served = co_await serve(exchange, std::move(begun));
  if (!served) { co_await end_with(exchange, served.error()); }
  record(exchange);
}

}  // namespace

std::optional<Task<>> handle_exchange(Exchange& exchange) {
  auto begun = begin(exchange);
  if (leave_at_once(exchange, begun)) {
    record(exchange);
    return std::nullopt;
  }
  return serve_and_record(exchange, std::move(begun));
}

Task<> refuse_exchange(Exchange& exchange, Error error) {
  exchange.begin();
  co_await end_with(exchange, error);
  exchange.keep_alive = false;
  record(exchange);
}

}  // namespace sluice::pipeline
