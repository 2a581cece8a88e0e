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

bool ends_with_suffix(std::string_view host, std::string_view suffix) {
  if (suffix.starts_with('.')) { suffix.remove_prefix(1); }
  if (host.size() == suffix.size()) { return host == suffix; }
  return host.size() > suffix.size() && host.ends_with(suffix) && host[host.size() - suffix.size() - 1] == '.';
}

bool is_without_address(ErrorKind kind) noexcept {
  return kind == ErrorKind::destination_not_found || kind == ErrorKind::dns_error || kind == ErrorKind::dns_timeout;
}

// What policy denies is a denial, whether every address was denied or there is none: then no condition on it holds.
Error error_by_policy(Exchange& exchange, Error error) {
  if (is_without_address(error.kind)) { decide_without_address(exchange); }
  const bool judged = error.kind == ErrorKind::destination_ip_prohibited || is_without_address(error.kind);
  if (judged && exchange.decision.verdict == policy::Verdict::deny) { error.kind = ErrorKind::http_request_denied; }
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
  const std::string host(exchange.target.host);
  auto connected = co_await services.connector.connect(
      host, exchange.target.port, [&](const policy::Address& address) { return decide_address(exchange, address); },
      options);
  if (!connected) { co_return std::unexpected(error_by_policy(exchange, connected.error())); }
  // Several addresses were judged; the record names the rule of the one that was connected.
  decide_address(exchange, (*connected)->address);
  co_return connected;
}

// An idle connection of the pool, if policy allows its address.
upstream::ConnectionPtr take_idle(Exchange& exchange, std::string_view pool_name, bool to_parent) {
  auto connection = exchange.services.pool.take(pool_name);
  if (connection == nullptr) { return nullptr; }
  const bool allowed = to_parent ? decide_without_address(exchange) : decide_address(exchange, connection->address);
  return allowed ? std::move(connection) : nullptr;
}

// Sends the head, and the content with it when all of it is here already.
Task<Result<void>> send_request(Exchange& exchange, Forwarded& forwarded, const ForwardPlan& plan) {
  auto& connection = *forwarded.connection;
  exchange.out.clear();
  write_request_to_upstream(exchange, plan, exchange.out);
  connection.stream.limit_writing(exchange.configuration->timeouts.write);
  forwarded.request_time = coarse_unix_now();
  forwarded.generation = exchange.services.purges.generation();
  auto sent = co_await connection.stream.write(exchange.out);
  if (!sent) {
    sent.error().retry = connection.reused;
    co_return sent;
  }
  if (exchange.client == nullptr || exchange.client->reader.content_ended()) { co_return Result<void>{}; }
  forwarded.upload = std::make_unique<Upload>(exchange, connection);
  forwarded.upload->start();
  co_return Result<void>{};
}

// RFC 9110 15.2: a proxy forwards interim responses, unless it asked for them itself or the client speaks HTTP/1.0.
Task<Result<void>> pass_interim(Exchange& exchange, const http::ResponseHead& head) {
  if (exchange.client == nullptr || exchange.request.version == http::Version::http_1_0) { co_return Result<void>{}; }
  if (head.status == 100 && !exchange.request.expects_continue) { co_return Result<void>{}; }
  http::ResponseOptions options;
  options.via_name = exchange.services.via_name;
  std::string out;
  http::write_response_head(head, options, out);
  co_return co_await exchange.client->stream.write(out);
}

// The head of a response. The limit for its first octet begins when the request was sent: content that is still on its
// way has limits of its own.
Task<Result<std::string_view>> wait_for_head(const config::Configuration& configuration, Forwarded& forwarded) {
  const auto& timeouts = configuration.timeouts;
  const http1::HeadPatience patience{timeouts.first_byte, ErrorKind::http_response_timeout, timeouts.upstream_idle,
                                     ErrorKind::http_response_timeout};
  for (;;) {
    const bool was_sending = forwarded.upload != nullptr && !forwarded.upload->has_ended();
    const auto text = co_await forwarded.connection->reader.read_head(head_limits(configuration), patience);
    const bool timed_out = !text && text.error().kind == ErrorKind::http_response_timeout;
    if (!timed_out || !was_sending) { co_return text; }
  }
}

Task<Result<void>> read_response_head(Exchange& exchange, Forwarded& forwarded) {
  const auto& timeouts = exchange.configuration->timeouts;
  const auto limits = head_limits(*exchange.configuration);
  auto& connection = *forwarded.connection;
  for (int interim = 0; interim < kInterimLimit; ++interim) {
    const auto text = co_await wait_for_head(*exchange.configuration, forwarded);
    if (!text) { co_return std::unexpected(text.error()); }
    if (text->empty()) {
      co_return fail(ErrorKind::connection_terminated, Side::upstream, "waiting for the response", 0,
                     connection.reused);
    }
    const auto parsed = http::parse_response_head(*text, limits, exchange.request.method, forwarded.head);
    if (!parsed) { co_return parsed; }
    const auto status = forwarded.head.status;
    if (status == 101 && !exchange.request.wants_upgrade) {
      co_return fail(ErrorKind::http_upgrade_failed, Side::upstream, "switching protocols that nobody asked for");
    }
    if (status >= 200 || status == 101) {
      forwarded.response_time = coarse_unix_now();
      connection.reader.begin_content(forwarded.head.framing, forwarded.head.content_length,
                                      chunk_limits(*exchange.configuration),
                                      {timeouts.upstream_idle, 0, ErrorKind::connection_read_timeout});
      co_return Result<void>{};
    }
    const auto passed = co_await pass_interim(exchange, forwarded.head);
    if (!passed) { co_return passed; }
    connection.reader.begin_content(http::Framing::none, 0, {}, {});
    connection.reader.next_message();
  }
  co_return fail(ErrorKind::http_protocol_error, Side::upstream, "counting interim responses");
}

// A reset before the first octet of a response on a connection that was idle is its keep-alive running out.
bool is_stale_connection(const Error& error, const upstream::Connection& connection, std::uint64_t received_before) {
  return connection.reused && connection.stream.received() == received_before && error.side == Side::upstream &&
         error.kind == ErrorKind::connection_terminated;
}

Task<Result<Forwarded>> forward_once(Exchange& exchange, const ForwardPlan& plan, bool fresh, bool& stale) {
  const bool to_parent = goes_to_parent(exchange);
  Forwarded forwarded;
  forwarded.head.fields.reserve(kUsualFields);
  forwarded.pool_name = to_parent ? "parent " + exchange.configuration->upstream.parent : exchange.origin;
  if (!fresh) { forwarded.connection = take_idle(exchange, forwarded.pool_name, to_parent); }
  if (forwarded.connection == nullptr) {
    auto connected = co_await connect_upstream(exchange);
    if (!connected) { co_return std::unexpected(connected.error()); }
    forwarded.connection = std::move(*connected);
  }
  exchange.upstream_text = forwarded.connection->text;
  const auto received_before = forwarded.connection->stream.received();
  auto done = co_await send_request(exchange, forwarded, plan);
  // A request that the upstream would not take whole may have an answer all the same.
  if (done || !forwarded.connection->reused) {
    const auto head = co_await read_response_head(exchange, forwarded);
    if (head || done) { done = head; }
  }
  if (done) { co_return std::move(forwarded); }
  stale = is_stale_connection(done.error(), *forwarded.connection, received_before);
  auto error = done.error();
  if (forwarded.upload != nullptr) {
    // Asked ahead of stop(), which makes reading from the client fail.
    if (forwarded.upload->client_error()) { error = *forwarded.upload->client_error(); }
    co_await forwarded.upload->stop();
    stale = false;  // content that was taken from the client cannot be sent again
  }
  co_return std::unexpected(error);
}

}  // namespace

void write_request_to_upstream(const Exchange& exchange, const ForwardPlan& plan, std::string& out) {
  const auto& forwarding = exchange.configuration->forwarding;
  http::ForwardOptions options;
  options.to_parent = goes_to_parent(exchange);
  options.via_name = exchange.services.via_name;
  options.cdn_loop = forwarding.cdn_loop;
  options.forwarded = client_field(forwarding.forwarded);
  options.x_forwarded_for = client_field(forwarding.x_forwarded_for);
  const auto client = exchange.client != nullptr ? std::string_view(exchange.client->address_text) : std::string_view{};
  options.client_address = client;
  options.validators = plan.whole;
  options.drop_range = plan.whole;
  std::array<cache::Field, 2> conditions;
  std::size_t count = 0;
  if (!plan.validators.if_none_match.empty()) {
    conditions[count++] = {"If-None-Match", plan.validators.if_none_match, cache::FieldName::if_none_match};
  }
  if (!plan.validators.if_modified_since.empty()) {
    conditions[count++] = {"If-Modified-Since", plan.validators.if_modified_since, cache::FieldName::if_modified_since};
  }
  options.extra = cache::Fields(conditions.data(), count);
  http::write_request_head(exchange.request, exchange.target, options, out);
}

bool goes_to_parent(const Exchange& exchange) {
  const auto& upstream = exchange.configuration->upstream;
  if (upstream.parent.empty()) { return false; }
  for (const auto& suffix : upstream.parent_bypass) {
    if (ends_with_suffix(exchange.target.host, suffix)) { return false; }
  }
  return true;
}

Task<Result<upstream::ConnectionPtr>> connect_upstream(Exchange& exchange) {
  if (goes_to_parent(exchange)) { return connect_parent(exchange); }
  return connect_origin(exchange);
}

Task<Result<Forwarded>> forward(Exchange& exchange, const ForwardPlan& plan) {
  bool stale = false;
  auto forwarded = co_await forward_once(exchange, plan, false, stale);
  // RFC 9110 9.2.2: only idempotent requests are sent again automatically.
  if (forwarded || !stale || !cache::is_idempotent_method(exchange.request.method_text)) { co_return forwarded; }
  exchange.services.metrics.upstream_retried.add();
  co_return co_await forward_once(exchange, plan, true, stale);
}

Task<> finish(Services& services, Forwarded& forwarded, const config::Configuration& configuration) {
  auto connection = std::move(forwarded.connection);
  bool reusable = forwarded.head.keep_alive && connection->reader.content_ended() && !connection->reader.has_rest();
  if (forwarded.upload != nullptr) {
    reusable = reusable && forwarded.upload->has_ended() && forwarded.upload->was_complete();
    co_await forwarded.upload->stop();
    forwarded.upload.reset();
  }
  if (!reusable || services.draining) { co_return; }
  connection->reader.next_message();
  services.pool.put(forwarded.pool_name, std::move(connection),
                    {configuration.timeouts.upstream_keep_alive, configuration.upstream.idle_connections});
}

}  // namespace sluice::pipeline
