#include "gateway/pipeline/serve_connection.hpp"

#include "gateway/pipeline/handle_exchange.hpp"
#include "gateway/pipeline/message_limits.hpp"
#include "gateway/pipeline/record.hpp"

namespace sluice::pipeline {

namespace {

constexpr milliseconds kLinger{2000};
constexpr std::size_t kLingerOctets = 256 * 1024;

http1::HeadPatience patience_with(const http1::ClientConnection& client, const config::Configuration& configuration) {
  const auto& timeouts = configuration.timeouts;
  // A connection that never said anything is not kept as long as one that has been of use.
  const auto first = client.exchanges == 0 ? timeouts.head : timeouts.keep_alive;
  return {first, ErrorKind::idle_timeout, timeouts.head, ErrorKind::request_timeout};
}

// Takes today's policy, and reads the head that `text` holds.
Result<void> begin_exchange(Exchange& exchange, std::string_view text) {
  auto& client = *exchange.client;
  exchange.begin();
  exchange.head_text = text;
  exchange.client_address = client.address;
  exchange.listener = client.listener;
  exchange.mode = client.mode;
  const auto& configuration = *exchange.configuration;
  const auto parsed = http::parse_request_head(text, head_limits(configuration), exchange.request);
  if (!parsed) { return parsed; }
  client.reader.begin_content(
      exchange.request.framing, exchange.request.content_length, chunk_limits(configuration),
      {configuration.timeouts.body_grace, configuration.timeouts.body_rate, ErrorKind::request_timeout});
  return {};
}

// After the last response: what the client still sends is read for a moment, because closing with octets unread makes
// the kernel reset the connection, and the client may lose the response.
Task<> close_gently(http1::ClientConnection& client) {
  const auto drained = co_await client.stream.drain();
  if (!drained) { co_return; }
  client.stream.shutdown_sending();
  client.stream.limit_reading(kLinger, ErrorKind::idle_timeout);
  char scratch[4096];
  for (std::size_t total = 0; total < kLingerOctets;) {
    const auto count = co_await client.stream.read_some(scratch);
    if (!count || *count == 0) { break; }
    total += *count;
  }
}

// An error ahead of a whole head. Nothing to say to a client that was merely idle, or has gone.
Task<> end_without_request(Exchange& exchange, const Error& error) {
  if (error.kind == ErrorKind::idle_timeout || error.kind == ErrorKind::client_gone ||
      error.kind == ErrorKind::shutting_down) {
    co_return;
  }
  co_await refuse_exchange(exchange, error);
  co_await close_gently(*exchange.client);
}

}  // namespace

void ConnectionRegistry::cancel_idle() {
  for (auto* exchange : exchanges_) {
    if (!exchange->client->in_exchange) { exchange->client->stream.cancel(); }
  }
}

void ConnectionRegistry::record_unfinished() {
  for (auto* exchange : exchanges_) {
    if (!exchange->client->in_exchange) { continue; }
    exchange->error = Error{ErrorKind::shutting_down, Side::gateway, 0, false, "waiting for the end of the exchange"};
    record(*exchange);
  }
}

Task<> serve_connection(Services* services, ConnectionRegistry* registry,
                        std::unique_ptr<http1::ClientConnection> client) {
  Exchange exchange(*services, client.get());
  const ConnectionRegistry::Entry entry(*registry, exchange);
  while (!services->draining) {
    exchange.received_before = client->stream.received();
    exchange.sent_before = client->stream.sent();
    client->stream.limit_writing(services->configuration->timeouts.write);
    const auto limits = head_limits(*services->configuration);
    const auto patience = patience_with(*client, *services->configuration);
    const auto text = co_await client->reader.read_head(limits, patience);
    if (!text) { co_return co_await end_without_request(exchange, text.error()); }
    if (text->empty()) { co_return; }
    client->in_exchange = true;
    ++client->exchanges;
    const auto begun = begin_exchange(exchange, *text);
    if (!begun) { co_return co_await end_without_request(exchange, begun.error()); }
    if (auto rest = handle_exchange(exchange)) { co_await std::move(*rest); }
    client->in_exchange = false;
    if (!exchange.keep_alive) { break; }
    client->reader.next_message();
  }
  if (client->stream.is_open() && !exchange.is_tunnel) { co_await close_gently(*client); }
}

}  // namespace sluice::pipeline
