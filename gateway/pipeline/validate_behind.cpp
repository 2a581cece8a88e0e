#include "gateway/pipeline/validate_behind.hpp"

#include <boost/asio/co_spawn.hpp>

#include "gateway/pipeline/cache_settings.hpp"
#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/freshen.hpp"
#include "gateway/pipeline/identify.hpp"
#include "gateway/pipeline/message_limits.hpp"

namespace sluice::pipeline {

namespace {

// Reads a response that nobody waits for, so that what may be kept of it is.
Task<> drain(Obtained& obtained) {
  auto* streamed = std::get_if<Streamed>(&obtained);
  if (streamed == nullptr) { co_return; }
  for (;;) {
    const auto piece = co_await streamed->body->next();
    if (!piece || piece->empty()) { break; }
  }
  if (!streamed->body->finish()) { co_await streamed->body->stop(); }
}

// What the policy asks about the client, whose exchange moves on.
struct ClientFacts {
  policy::Address address;
  std::string_view listener;  // of the worker's listener, which lives as long as the worker
  std::string_view mode;
  std::string user;
  bool has_no_user;
};

// Spawned: takes values. The request is read again from its own copy, because the client's exchange has moved on.
Task<> validate(Services* services, std::string head, ClientFacts client, Candidate candidate) {
  Exchange exchange(*services, nullptr);
  exchange.begin();
  exchange.client_address = client.address;
  exchange.listener = client.listener;
  exchange.mode = client.mode;
  exchange.user = client.user;
  exchange.has_no_user = client.has_no_user;
  const auto parsed = http::parse_request_head(head, head_limits(*exchange.configuration), exchange.request);
  if (!parsed || !identify(exchange)) { co_return; }
  decide(exchange);
  if (policy::stops(exchange.decision.verdict) || !may_use_cache(exchange)) { co_return; }
  exchange.key = candidate.stored->head.key;
  if (services->fills.has(exchange.key)) { co_return; }
  exchange.is_validation = true;
  auto obtained = co_await collapse(exchange, candidate);
  if (!obtained || !*obtained) { co_return; }
  forget_replaced(exchange, **obtained);
  co_await drain(**obtained);
}

}  // namespace

void validate_behind(const Exchange& exchange, Candidate candidate) {
  auto& services = exchange.services;
  if (services.fills.has(exchange.key)) { return; }
  auto& metrics = services.metrics;
  asio::co_spawn(
      services.context,
      validate(&services, std::string(exchange.head_text),
               {exchange.client_address, exchange.listener, exchange.mode, exchange.user, exchange.has_no_user},
               std::move(candidate)),
      [&metrics](const std::exception_ptr& failure) {
        if (failure != nullptr) { metrics.errors[static_cast<int>(ErrorKind::proxy_internal_error)].add(); }
      });
}

}  // namespace sluice::pipeline
