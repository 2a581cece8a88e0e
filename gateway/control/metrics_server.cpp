#include "gateway/control/metrics_server.hpp"

#include <list>
#include <stdexcept>
#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "gateway/base/timer.hpp"
#include "gateway/control/say.hpp"
#include "gateway/control/timed_socket.hpp"
#include "gateway/net/address.hpp"
#include "gateway/record/metrics.hpp"

namespace sluice::control {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

using Tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using Stream = TimedSocket<Tcp>;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::uint32_t kHeadLimit = 8 * 1024;
constexpr std::uint64_t kBodyLimit = 1024;
constexpr milliseconds kLimit{10'000};     // a request, idle time ahead of it included; and a response
constexpr milliseconds kAcceptPause{100};  // after descriptors ran out
constexpr milliseconds kLinger{1'000};     // for a peer that still sends what will not be read

constexpr std::string_view kPointer =
    "<!doctype html><title>Sluice metrics</title>\n"
    "<p>Prometheus reads <a href=\"/metrics\">/metrics</a>; <a href=\"/healthz\">/healthz</a> says ok.\n";

Response text_response(http::status status, std::string_view type, std::string body) {
  Response response(status, 11);
  response.set(http::field::content_type, type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.body() = std::move(body);
  return response;
}

Response plain(http::status status, std::string body) {
  return text_response(status, "text/plain; charset=utf-8", std::move(body));
}

// What a GET of this path gets; a query is not looked at.
Response resource(const Daemon& daemon, std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  if (path == "/metrics") {
    return text_response(http::status::ok, "text/plain; version=0.0.4; charset=utf-8",
                         record::exposition(daemon.workers, gauges(daemon)));
  }
  if (path == "/healthz") { return plain(http::status::ok, "ok\n"); }
  if (path == "/") { return text_response(http::status::ok, "text/html; charset=utf-8", std::string(kPointer)); }
  return plain(http::status::not_found, "not found; the metrics are at /metrics\n");
}

Response response_to(const Daemon& daemon, const Request& request) {
  const bool is_head = request.method() == http::verb::head;
  if (!is_head && request.method() != http::verb::get) {
    auto response = plain(http::status::method_not_allowed, "GET and HEAD only\n");
    response.set(http::field::allow, "GET, HEAD");
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    return response;
  }
  auto response = resource(daemon, request.target());
  response.keep_alive(request.keep_alive());
  response.prepare_payload();
  // RFC 9110 9.3.2: HEAD gets the fields of GET and no content; Content-Length stays.
  if (is_head) { response.body().clear(); }
  return response;
}

// What is said about a request that could not be read; nothing to a peer that has gone.
std::optional<Response> complaint(const beast::error_code& failed) {
  if (failed == http::error::end_of_stream ||
      failed.category() != http::make_error_code(http::error::bad_method).category()) {
    return std::nullopt;
  }
  auto status = http::status::bad_request;
  if (failed == http::error::header_limit) { status = http::status::request_header_fields_too_large; }
  if (failed == http::error::body_limit) { status = http::status::payload_too_large; }
  auto response = plain(status, std::string(http::obsolete_reason(status)) + "\n");
  response.keep_alive(false);
  response.prepare_payload();
  return response;
}

Tcp::acceptor::endpoint_type bound(Acceptor& acceptor, const Tcp::endpoint& wanted) {
  try {
    acceptor.open(wanted.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(wanted);
    acceptor.listen(64);
    return acceptor.local_endpoint();
  } catch (const boost::system::system_error& failure) {
    throw std::runtime_error("cannot listen for metrics on " +
                             net::text_of(net::to_address(wanted.address()), wanted.port()) + ": " +
                             failure.code().message() + "; set admin.metrics to another address, or to nothing");
  }
}

// True when the connection can take another request.
Task<bool> write(Stream& stream, Response& response) {
  beast::error_code failed;
  stream.limit(kLimit);
  http::response_serializer<http::string_body> serializer(response);
  co_await http::async_write(stream.socket(), serializer, asio::redirect_error(use_task, failed));
  co_return !failed && response.keep_alive();
}

// Closing with octets unread makes the kernel reset the connection, and the peer may lose the response.
Task<> close_gently(Stream& stream) {
  beast::error_code failed;
  stream.limit(kLinger);
  stream.socket().shutdown(Tcp::socket::shutdown_send, failed);
  char scratch[4096];
  while (!failed) {
    co_await stream.socket().async_read_some(asio::buffer(scratch), asio::redirect_error(use_task, failed));
  }
}

Task<> serve_requests(const Daemon& daemon, Stream& stream) {
  beast::flat_buffer buffer(kHeadLimit + kBodyLimit);
  bool goes_on = true;
  while (goes_on) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kHeadLimit);
    parser.body_limit(kBodyLimit);
    beast::error_code failed;
    stream.limit(kLimit);
    co_await http::async_read(stream.socket(), buffer, parser, asio::redirect_error(use_task, failed));
    auto response = failed ? complaint(failed) : response_to(daemon, parser.get());
    if (!response) { co_return; }
    goes_on = co_await write(stream, *response);
  }
  co_await close_gently(stream);
}

}  // namespace

struct MetricsServer::Connection : Stream {
  using Stream::Stream;
};

// Shared with the coroutines, which may still be suspended when the server has gone.
struct MetricsServer::State {
  State(asio::io_context& where, Daemon& whose, const Tcp::endpoint& wanted)
      : context(where), daemon(whose), acceptor(where), endpoint(bound(acceptor, wanted)), timer(where) {}

  asio::io_context& context;
  Daemon& daemon;
  Acceptor acceptor;
  Tcp::endpoint endpoint;
  Timer timer;
  std::list<std::shared_ptr<Connection>> connections;
  bool is_closed = false;
};

MetricsServer::MetricsServer(asio::io_context& context, Daemon& daemon, const Tcp::endpoint& endpoint)
    : state_(std::make_shared<State>(context, daemon, endpoint)) {}

MetricsServer::~MetricsServer() {
  close();
}

void MetricsServer::start() {
  asio::co_spawn(state_->context, accept_loop(state_), say_failure_of("the metrics listener"));
}

void MetricsServer::close() {
  if (std::exchange(state_->is_closed, true)) { return; }
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->timer.cancel();
  for (const auto& connection : state_->connections) { connection->close(); }
}

std::string MetricsServer::address() const {
  return net::text_of(net::to_address(state_->endpoint.address()), state_->endpoint.port());
}

Task<> MetricsServer::accept_loop(std::shared_ptr<State> state) {
  while (!state->is_closed) {
    boost::system::error_code failed;
    Stream::Socket socket(state->context);
    co_await state->acceptor.async_accept(socket, asio::redirect_error(use_task, failed));
    if (state->is_closed) { co_return; }
    if (failed) {
      state->timer.expires_after(kAcceptPause);
      co_await state->timer.async_wait(asio::redirect_error(use_task, failed));
      continue;
    }
    // One too many is closed at once: whoever scrapes comes again.
    if (state->connections.size() >= kMostConnections) { continue; }
    auto connection = std::make_shared<Connection>(std::move(socket));
    state->connections.push_back(connection);
    asio::co_spawn(state->context, serve(state, std::move(connection)), say_failure_of("a metrics connection"));
  }
}

Task<> MetricsServer::serve(std::shared_ptr<State> state, std::shared_ptr<Connection> connection) {
  // Also when serving throws, or never ends.
  struct Leave {
    State& state;
    Connection& connection;
    ~Leave() {
      connection.close();
      state.connections.remove_if([this](const auto& one) { return one.get() == &connection; });
    }
  };
  const Leave leave{*state, *connection};
  co_await serve_requests(state->daemon, *connection);
}

}  // namespace sluice::control
