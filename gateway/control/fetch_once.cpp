#include "gateway/control/fetch_once.hpp"

#include <utility>

#include "gateway/http/target_uri.hpp"
#include "gateway/http1/message_reader.hpp"
#include "gateway/tls/client_context.hpp"
#include "gateway/tls/tls_stream.hpp"

namespace sluice::control {
namespace {

using Outcome = std::expected<void, std::string>;

constexpr std::uint64_t kLargest = 512ULL << 20;
constexpr std::size_t kHeadCapacity = 16 * 1024;
constexpr int kMostInterim = 32;
constexpr int kOk = 200;

std::string words_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::connection_read_timeout:
    case ErrorKind::connection_write_timeout:
    case ErrorKind::http_response_timeout:
      return "nothing came for too long";
    case ErrorKind::http_response_incomplete:
      return "the response is cut";
    case ErrorKind::connection_terminated:
      return error.code != 0 ? error.text() : "the connection was cut ahead of the end of the response";
    case ErrorKind::destination_not_found:
      return "there is no such name";
    default:
      return error.text();
  }
}

std::string request_for(const FetchPlace& place, const ListValidators& before) {
  std::string out = "GET " + place.target + " HTTP/1.1\r\nHost: " + place.origin.substr(place.origin.find("//") + 2);
  out += "\r\nUser-Agent: sluice\r\nAccept-Encoding: identity\r\nConnection: close\r\n";
  if (!before.etag.empty()) { out += "If-None-Match: " + before.etag + "\r\n"; }
  if (!before.last_modified.empty()) { out += "If-Modified-Since: " + before.last_modified + "\r\n"; }
  return out + "\r\n";
}

std::string value_of(const http::ResponseHead& head, http::FieldName name) {
  const auto* field = cache::find(head.fields, name);
  return field != nullptr ? std::string(field->value) : std::string();
}

// The final head; interim ones ahead of it say nothing here (RFC 9110 15.2).
Task<Result<void>> read_head(http1::MessageReader& reader, milliseconds patience, http::ResponseHead& head) {
  const http::HeadLimits limits;
  const http1::HeadPatience times{patience, ErrorKind::http_response_timeout, patience,
                                  ErrorKind::http_response_timeout};
  for (int interim = 0; interim <= kMostInterim; ++interim) {
    const auto text = co_await reader.read_head(limits, times);
    if (!text) { co_return std::unexpected(text.error()); }
    if (text->empty()) {
      co_return fail(ErrorKind::http_response_incomplete, Side::upstream, "waiting for a response");
    }
    const auto parsed = http::parse_response_head(*text, limits, http::Method::get, head);
    if (!parsed) { co_return parsed; }
    if (head.status >= kOk) { co_return Result<void>{}; }
    reader.begin_content(http::Framing::none, 0, {}, {});
    reader.next_message();
  }
  co_return fail(ErrorKind::http_protocol_error, Side::upstream, "counting interim responses");
}

// A length that would be taken, and an end that can be proven.
Outcome check_content(const http::ResponseHead& head, bool is_secure) {
  if (head.framing == http::Framing::until_close && !is_secure) {
    return std::unexpected("the response does not say where it ends");
  }
  if (head.content_length > kLargest) { return std::unexpected("the content is larger than 512 MiB"); }
  return {};
}

Task<Outcome> read_content(http1::MessageReader& reader, const http::ResponseHead& head, milliseconds patience,
                           std::string& content) {
  reader.begin_content(head.framing, head.content_length, {}, {patience, 0, ErrorKind::connection_read_timeout});
  for (;;) {
    const auto piece = co_await reader.next();
    if (!piece) { co_return std::unexpected(words_of(piece.error())); }
    if (piece->empty()) { co_return Outcome(); }
    if (content.size() + piece->size() > kLargest) { co_return std::unexpected("the content is larger than 512 MiB"); }
    content += *piece;
  }
}

Task<std::expected<FetchAnswer, std::string>> exchange(net::Stream& stream, const FetchPlace& place,
                                                       const ListValidators& before, milliseconds patience) {
  const std::string request = request_for(place, before);
  stream.limit_writing(patience);
  const auto sent = co_await stream.write(request);
  if (!sent) { co_return std::unexpected(words_of(sent.error())); }
  http1::MessageReader reader(stream, Side::upstream, kHeadCapacity);
  http::ResponseHead head;
  const auto known = co_await read_head(reader, patience, head);
  if (!known) { co_return std::unexpected(words_of(known.error())); }
  FetchAnswer answer{
      .status = head.status,
      .location = value_of(head, http::FieldName::location),
      .coding = value_of(head, http::FieldName::content_encoding),
      .validators = {value_of(head, http::FieldName::etag), value_of(head, http::FieldName::last_modified)},
      .content = {}};
  if (answer.coding == "identity") { answer.coding.clear(); }
  if (answer.status != kOk || !answer.coding.empty()) { co_return answer; }
  if (const auto checked = check_content(head, place.is_secure); !checked) {
    co_return std::unexpected(checked.error());
  }
  const auto read = co_await read_content(reader, head, patience, answer.content);
  if (!read) { co_return std::unexpected(read.error()); }
  co_return answer;
}

Task<Outcome> establish(tls::TlsStream& stream, milliseconds patience) {
  stream.limit_reading(patience, ErrorKind::connection_timeout);
  stream.limit_writing(patience);
  const auto established = co_await stream.handshake();
  if (established) { co_return Outcome(); }
  if (!stream.why().empty()) { co_return std::unexpected(stream.why()); }
  const auto kind = established.error().kind;
  if (kind == ErrorKind::connection_timeout) { co_return std::unexpected("the TLS handshake took too long"); }
  if (kind == ErrorKind::connection_terminated) { co_return std::unexpected("the server ended the TLS handshake"); }
  co_return std::unexpected(words_of(established.error()));
}

Task<std::expected<FetchAnswer, std::string>> exchange_securely(net::TcpStream& transport,
                                                                const tls::ClientContext& context,
                                                                const FetchPlace& place, const ListValidators& before,
                                                                milliseconds patience) {
  tls::TlsStream stream(transport, context.connection_to(place.host), Side::upstream);
  const auto established = co_await establish(stream, patience);
  if (!established) { co_return std::unexpected(established.error()); }
  auto answer = co_await exchange(stream, place, before, patience);
  // Behind the handshake too TLS may have something to say, as that the client has to prove who it is.
  if (!answer && !stream.why().empty()) { answer = std::unexpected(stream.why()); }
  stream.close();
  co_return answer;
}

// What the operator declared is asked wherever it is.
bool any_address(const policy::Address& /*address*/) {
  return true;
}

}  // namespace

std::expected<FetchPlace, std::string> place_of(const std::string& url) {
  http::TargetUri target;
  if (const auto parsed = http::parse_url(url, target); !parsed) {
    return std::unexpected(std::string("no http or https URL (") + parsed.error().during + ")");
  }
  return FetchPlace{.is_secure = target.scheme == "https",
                    .host = std::string(target.host),
                    .port = target.port,
                    .origin = target.site.text,
                    .target = std::string(target.path_and_query)};
}

Task<std::expected<FetchAnswer, std::string>> fetch_once(FetchServices& services, const FetchPlace& place,
                                                         const ListValidators& before) {
  if (services.is_closed()) { co_return std::unexpected("the daemon is ending"); }
  const milliseconds patience = services.options.patience;
  std::optional<tls::ClientContext> context;
  if (place.is_secure) {
    auto made = tls::ClientContext::make(services.options.trust);
    if (!made) { co_return std::unexpected("lists.trust: " + made.error()); }
    context = std::move(*made);
  }
  const upstream::Connector::Judge judge = any_address;
  const upstream::ConnectOptions limits{patience};
  const auto connection = co_await services.connector.connect(place.host, place.port, judge, limits);
  if (!connection) { co_return std::unexpected(place.host + ": " + words_of(connection.error())); }
  auto& transport = (*connection)->stream;
  if (!context) { co_return co_await exchange(transport, place, before, patience); }
  co_return co_await exchange_securely(transport, *context, place, before, patience);
}

}  // namespace sluice::control
