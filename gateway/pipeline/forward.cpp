#include "gateway/pipeline/forward.hpp"

#include "cache/invalidation.hpp"
#include "gateway/http/forwarded_fields.hpp"
#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/message_limits.hpp"

namespace sluice::pipeline {

namespace {

constexpr int kInterimLimit = 32;  // interim responses ahead of one final response
constexpr std::uint16_t kParentPort = 3128;
constexpr std::size_t kUsualFields = 32;  // of a response: saves growing the list field by field

http::ClientAddressField client_field(const std::string& setting) {
  if (setting == "add") { return http::ClientAddressField::add; }
  return setting == "leave" ? http::ClientAddressField::leave : http::ClientAddressField::delete_;
}

// RFC 9110 11.7.2: the field is "consumed by the first inbound proxy that was expecting to receive credentials"; a
// proxy may relay it where both cooperate, which is for the operator to say.
bool passes_credentials(const config::Configuration& configuration) {
  const auto& wanted = configuration.forwarding.proxy_authorization;
  return wanted == "leave" || (wanted == "auto" && configuration.auth.htpasswd.empty());
}

bool ends_with_suffix(std::string_view host, std::string_view suffix) {
  if (suffix.starts_with('.')) { suffix.remove_prefix(1); }
  if (host.size() == suffix.size()) { return host == suffix; }
  return host.size() > suffix.size() && host.ends_with(suffix) && host[host.size() - suffix.size() - 1] == '.';
}

bool is_without_address(ErrorKind kind) noexcept {
  return kind == ErrorKind::destination_not_found || kind == ErrorKind::dns_error || kind == ErrorKind::dns_timeout;
}

// Which pool a connection for this exchange comes from and goes back to. Connections to another server than the target
// names are kept apart; no origin is called as these are.
std::string pool_name(const Exchange& exchange) {
  if (goes_to_parent(exchange)) { return "parent " + exchange.configuration->upstream.parent; }
  const auto* instead = exchange.settings[policy::SettingKind::connect_to];
  if (instead == nullptr) { return exchange.target.site.origin; }
  return exchange.target.site.origin + " at " + instead->name + ' ' + std::to_string(instead->port);
}

// What policy stops is a denial, whether every address was stopped or there is none: then no condition on it holds.
Error error_by_policy(Exchange& exchange, Error error) {
  if (is_without_address(error.kind)) { decide_without_address(exchange); }
  const bool judged = error.kind == ErrorKind::destination_ip_prohibited || is_without_address(error.kind);
  if (judged && policy::stops(exchange.decision.verdict)) { error.kind = ErrorKind::http_request_denied; }
  return error;
}

Task<Result<upstream::ConnectionPtr>> connect_parent(Exchange& exchange) {
  auto& services = exchange.services;
  const auto parent = http::parse_authority(exchange.configuration->upstream.parent, kParentPort);
  if (!parent) { co_return fail(ErrorKind::proxy_configuration_error, Side::gateway, "reading upstream.parent"); }
  if (!decide_without_address(exchange)) { co_return fail(ErrorKind::http_request_denied, Side::gateway, "deciding"); }
  const upstream::ConnectOptions options{exchange.configuration->timeouts.connect};
  co_return co_await services.connector.connect(
      parent->host, parent->port, [](const policy::Address&) { return true; }, options);
}

Task<Result<upstream::ConnectionPtr>> connect_origin(Exchange& exchange) {
  auto& services = exchange.services;
  const upstream::ConnectOptions options{exchange.configuration->timeouts.connect};
  const auto* instead = exchange.settings[policy::SettingKind::connect_to];
  const std::string host = instead != nullptr ? instead->name : std::string(exchange.target.host);
  const auto port = instead != nullptr && instead->port != 0 ? instead->port : exchange.target.port;
  auto connected = co_await services.connector.connect(
      host, port, [&](const policy::Address& address) { return decide_address(exchange, address); }, options);
  if (!connected) { co_return std::unexpected(error_by_policy(exchange, connected.error())); }
  // Several addresses were judged; the record names the rule of the one that was connected.
  decide_address(exchange, (*connected)->address);
  co_return connected;
}

// An idle connection of the pool, if policy allows its address.
upstream::ConnectionPtr take_idle(Exchange& exchange) {
  auto connection = exchange.services.pool.take(pool_name(exchange));
  if (connection == nullptr) { return nullptr; }
  const bool allowed =
      goes_to_parent(exchange) ? decide_without_address(exchange) : decide_address(exchange, connection->address);
  return allowed ? std::move(connection) : nullptr;
}

// Leaves the head to be sent; content that is still coming follows by itself.
void send_request(Exchange& exchange, Forwarded& forwarded, const ForwardPlan& plan) {
  auto& connection = *forwarded.connection;
  exchange.out.clear();
  write_request_to_upstream(exchange, plan, exchange.out);
  connection.stream.limit_writing(exchange.configuration->timeouts.write);
  forwarded.request_time = coarse_unix_now();
  forwarded.generation = exchange.services.purges.generation();
  forwarded.invalidations = exchange.services.fills.invalidations(exchange.key);
  connection.stream.write_later(exchange.out);
  if (exchange.client == nullptr || exchange.client->reader.content_ended()) { return; }
  forwarded.upload = std::make_unique<Upload>(exchange, connection);
  forwarded.upload->start();
}

// RFC 9110 15.2: a proxy forwards interim responses, unless it asked for them itself or the client speaks HTTP/1.0.
Task<Result<void>> pass_interim(Exchange& exchange, const http::ResponseHead& head) {
  if (exchange.client == nullptr || exchange.request.version == http::Version::http_1_0) { co_return Result<void>{}; }
  // Behind the final head they would be read as content: what is fetched then completes a response under way.
  if (exchange.status != 0) { co_return Result<void>{}; }
  if (head.status == 100 && !exchange.request.expects_continue) { co_return Result<void>{}; }
  http::ResponseOptions options;
  options.via_name = exchange.services.via_name;
  std::string out;
  http::write_response_head(head, options, out);
  exchange.sent_heads += out.size();
  co_return co_await exchange.client->stream.write(out);
}

// The limit for the first octet of a head begins when the request was sent: content that is still on its way has limits
// of its own.
bool may_wait_on(const Error& error, bool was_sending) {
  return was_sending && error.kind == ErrorKind::http_response_timeout;
}

// RFC 9110 7.8: "A server MUST NOT switch to a protocol that was not indicated by the client". What follows one that
// nobody knows of could not be told from requests that nobody judged.
bool was_asked_for(const http::RequestHead& request, const http::ResponseHead& switched) {
  const auto protocols = cache::combined(switched.fields, cache::FieldName::upgrade);
  bool all = request.wants_upgrade && !protocols.empty();
  cache::for_each_member(protocols, [&](std::string_view protocol) {
    all = all && cache::has_token(request.fields, cache::FieldName::upgrade, protocol);
  });
  return all;
}

Result<void> parse_head(Exchange& exchange, Forwarded& forwarded, std::string_view text) {
  const auto& configuration = *exchange.configuration;
  const auto parsed =
      http::parse_response_head(text, head_limits(configuration), exchange.request.method, forwarded.head);
  if (!parsed) { return parsed; }
  const auto status = forwarded.head.status;
  if (status == 101 && !was_asked_for(exchange.request, forwarded.head)) {
    return fail(ErrorKind::http_upgrade_failed, Side::upstream, "switching protocols that nobody asked for");
  }
  auto& reader = forwarded.connection->reader;
  if (status < 200 && status != 101) {
    reader.begin_content(http::Framing::none, 0, {}, {});
    return {};
  }
  forwarded.response_time = coarse_unix_now();
  reader.begin_content(forwarded.head.framing, forwarded.head.content_length, chunk_limits(configuration),
                       {configuration.timeouts.upstream_idle, 0, ErrorKind::connection_read_timeout});
  return {};
}

Task<Result<void>> read_response_head(Exchange& exchange, Forwarded& forwarded) {
  const auto& timeouts = exchange.configuration->timeouts;
  const auto limits = head_limits(*exchange.configuration);
  const http1::HeadPatience patience{timeouts.first_byte, ErrorKind::http_response_timeout, timeouts.upstream_idle,
                                     ErrorKind::http_response_timeout};
  auto& connection = *forwarded.connection;
  for (int interim = 0; interim < kInterimLimit;) {
    const bool was_sending = forwarded.upload != nullptr && !forwarded.upload->has_ended();
    const auto text = co_await connection.reader.read_head(limits, patience);
    if (!text && may_wait_on(text.error(), was_sending)) { continue; }
    if (!text) { co_return std::unexpected(text.error()); }
    if (text->empty()) { co_return fail(ErrorKind::connection_terminated, Side::upstream, "waiting for the response"); }
    const auto parsed = parse_head(exchange, forwarded, *text);
    if (!parsed) { co_return parsed; }
    if (forwarded.head.status >= 200 || forwarded.head.status == 101) { co_return Result<void>{}; }
    const auto passed = co_await pass_interim(exchange, forwarded.head);
    if (!passed) { co_return passed; }
    connection.reader.next_message();
    ++interim;
  }
  co_return fail(ErrorKind::http_protocol_error, Side::upstream, "counting interim responses");
}

// A reset before the first octet of a response on a connection that was idle is its keep-alive running out.
bool is_stale_connection(const Error& error, const upstream::Connection& connection, std::uint64_t received_before) {
  return connection.reused && connection.stream.received() == received_before && error.side == Side::upstream &&
         error.kind == ErrorKind::connection_terminated;
}

// Why there is no response.
Task<Error> settle_failure(Forwarded& forwarded, Error error) {
  if (forwarded.upload == nullptr) { co_return error; }
  // Asked ahead of stop(), which makes reading from the client fail.
  if (forwarded.upload->client_error()) { error = *forwarded.upload->client_error(); }
  co_await forwarded.upload->stop();
  co_return error;
}

// RFC 9110 9.2.2: only idempotent requests are sent again automatically; content that was taken from the client cannot
// be.
bool may_send_again(const Exchange& exchange, const Forwarded& forwarded, const Error& error,
                    std::uint64_t received_before) {
  return is_stale_connection(error, *forwarded.connection, received_before) && forwarded.upload == nullptr &&
         cache::is_idempotent_method(exchange.request.method_text);
}

}  // namespace

void write_request_to_upstream(const Exchange& exchange, const ForwardPlan& plan, std::string& out) {
  const auto& forwarding = exchange.configuration->forwarding;
  http::ForwardOptions options;
  options.to_parent = goes_to_parent(exchange);
  options.passes_credentials = passes_credentials(*exchange.configuration);
  options.via_name = exchange.services.via_name;
  options.cdn_loop = forwarding.cdn_loop;
  options.forwarded = client_field(forwarding.forwarded);
  options.x_forwarded_for = client_field(forwarding.x_forwarded_for);
  const auto client = exchange.client != nullptr ? std::string_view(exchange.client->address_text) : std::string_view{};
  options.client_address = client;
  options.validators = plan.whole;
  options.drop_range = plan.whole;
  options.range = plan.range;
  std::array<cache::Field, 3> conditions;
  std::size_t count = 0;
  if (!plan.validators.if_none_match.empty()) {
    conditions[count++] = {"If-None-Match", plan.validators.if_none_match, cache::FieldName::if_none_match};
  }
  if (!plan.validators.if_modified_since.empty()) {
    conditions[count++] = {"If-Modified-Since", plan.validators.if_modified_since, cache::FieldName::if_modified_since};
  }
  if (!plan.if_range.empty()) { conditions[count++] = {"If-Range", plan.if_range, cache::FieldName::if_range}; }
  options.extra = cache::Fields(conditions.data(), count);
  http::write_request_head(exchange.request, exchange.target, options, out);
}

bool goes_to_parent(const Exchange& exchange) {
  const auto& upstream = exchange.configuration->upstream;
  // What the policy says where to connect is connected from here.
  if (upstream.parent.empty() || exchange.settings[policy::SettingKind::connect_to] != nullptr) { return false; }
  for (const auto& suffix : upstream.parent_bypass) {
    if (ends_with_suffix(exchange.target.host, suffix)) { return false; }
  }
  return true;
}

Task<Result<upstream::ConnectionPtr>> connect_upstream(Exchange& exchange) {
  if (goes_to_parent(exchange)) { return connect_parent(exchange); }
  return connect_origin(exchange);
}

Task<Result<Forwarded>> forward(Exchange& exchange, ForwardPlan plan) {
  for (bool fresh = false;; fresh = true) {
    Forwarded forwarded;
    forwarded.head.fields.reserve(kUsualFields);
    if (!fresh) { forwarded.connection = take_idle(exchange); }
    if (forwarded.connection == nullptr) {
      auto connected = co_await connect_upstream(exchange);
      if (!connected) { co_return std::unexpected(connected.error()); }
      forwarded.connection = std::move(*connected);
      forwarded.connection->pool_name = pool_name(exchange);
    }
    exchange.upstream_text = forwarded.connection->text;
    const auto received_before = forwarded.connection->stream.received();
    send_request(exchange, forwarded, plan);
    const auto head = co_await read_response_head(exchange, forwarded);
    if (head && forwarded.head.status == 304 && plan.whole && plan.validators.empty()) {
      co_return fail(ErrorKind::http_protocol_error, Side::upstream, "answering a condition that was not stated");
    }
    if (head) { co_return std::move(forwarded); }
    const bool again = !fresh && may_send_again(exchange, forwarded, head.error(), received_before);
    const auto error = co_await settle_failure(forwarded, head.error());
    if (!again) { co_return std::unexpected(error); }
    exchange.services.metrics.upstream_retried.add();
  }
}

void give_back(Services& services, Forwarded& forwarded, const config::Configuration& configuration) {
  auto connection = std::move(forwarded.connection);
  const bool reusable =
      forwarded.head.keep_alive && connection->reader.content_ended() && !connection->reader.has_rest();
  if (!reusable || services.draining) { return; }
  connection->reader.next_message();
  services.pool.put(std::move(connection),
                    {configuration.timeouts.upstream_keep_alive, configuration.upstream.idle_connections});
}

Task<> finish(Services& services, Forwarded& forwarded, const config::Configuration& configuration) {
  if (forwarded.upload != nullptr) {
    const bool was_complete = forwarded.upload->has_ended() && forwarded.upload->was_complete();
    co_await forwarded.upload->stop();
    forwarded.upload.reset();
    forwarded.head.keep_alive = forwarded.head.keep_alive && was_complete;
  }
  give_back(services, forwarded, configuration);
}

}  // namespace sluice::pipeline
