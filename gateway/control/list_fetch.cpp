#include "gateway/control/list_fetch.hpp"

#include <memory>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "gateway/control/timed_socket.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/target_uri.hpp"

namespace sluice::control {
namespace {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

using Tcp = asio::ip::tcp;
using Stream = TimedSocket<Tcp>;
using Resolver = asio::ip::basic_resolver<Tcp, Executor>;
using Request = bhttp::request<bhttp::empty_body>;
using Parser = bhttp::response_parser<bhttp::string_body>;

constexpr std::uint64_t kLargest = 512ULL << 20;
constexpr std::uint32_t kHeadLimit = 64 * 1024;
constexpr int kMostRedirects = 5;

struct Place {
  std::string host;
  std::string port;
  std::string authority;
  std::string target;
};

std::expected<Place, std::string> place_of(const std::string& url) {
  if (url.starts_with("https://")) {
    return std::unexpected("https cannot be fetched yet; use http, or a file that something else fetches");
  }
  http::RequestHead head;
  head.method = http::Method::get;
  head.method_text = "GET";
  head.target = url;
  http::TargetUri target;
  if (const auto parsed = http::parse_proxy_target(head, target); !parsed) {
    return std::unexpected(std::string("no http URL (") + parsed.error().during + ")");
  }
  const std::string_view text = target.text;
  const auto authority = text.substr(7, static_cast<std::size_t>(target.path_and_query.data() - text.data()) - 7);
  return Place{std::string(target.host), std::to_string(target.port), std::string(authority),
               std::string(target.path_and_query)};
}

Request request_for(const Place& place, const ListValidators& before) {
  Request request(bhttp::verb::get, place.target, 11);
  request.set(bhttp::field::host, place.authority);
  request.set(bhttp::field::user_agent, "sluice");
  request.set(bhttp::field::accept_encoding, "identity");
  request.set(bhttp::field::connection, "close");
  if (!before.etag.empty()) { request.set(bhttp::field::if_none_match, before.etag); }
  if (!before.last_modified.empty()) { request.set(bhttp::field::if_modified_since, before.last_modified); }
  return request;
}

Task<std::expected<std::shared_ptr<Stream>, std::string>> connect(const Place& place, milliseconds patience) {
  const auto executor = co_await asio::this_coro::executor;
  boost::system::error_code failed;
  Resolver resolver(executor);
  const auto found = co_await resolver.async_resolve(place.host, place.port, asio::redirect_error(use_task, failed));
  if (failed) { co_return std::unexpected(place.host + ": " + failed.message()); }
  auto stream = std::make_shared<Stream>(Stream::Socket(executor));
  stream->limit(patience);
  co_await asio::async_connect(stream->socket(), found, asio::redirect_error(use_task, failed));
  if (failed) { co_return std::unexpected(place.authority + ": " + failed.message()); }
  co_return stream;
}

// One piece at a time, so that the limit is on silence and not on the whole.
Task<std::expected<void, std::string>> read(Stream& stream, Parser& parser, milliseconds patience) {
  beast::flat_buffer buffer;
  boost::system::error_code failed;
  while (!failed && !parser.is_done()) {
    stream.limit(patience);
    co_await bhttp::async_read_some(stream.socket(), buffer, parser, asio::redirect_error(use_task, failed));
    const bool is_endless =
        parser.is_header_done() && !parser.is_done() && !parser.chunked() && !parser.content_length();
    if (is_endless) { co_return std::unexpected("the response does not say where it ends"); }
  }
  stream.lift();
  if (!failed) { co_return std::expected<void, std::string>(); }
  const bool is_late = failed == asio::error::operation_aborted || failed == asio::error::bad_descriptor;
  co_return std::unexpected(is_late ? "nothing came for too long" : failed.message());
}

std::expected<FetchedList, std::string> fetched(Parser& parser) {
  auto& response = parser.get();
  FetchedList list;
  if (response.result() == bhttp::status::not_modified) {
    list.is_same = true;
    return list;
  }
  if (response.result() != bhttp::status::ok) {
    return std::unexpected("the answer is " + std::to_string(response.result_int()));
  }
  const std::string_view coding = response[bhttp::field::content_encoding];
  if (!coding.empty() && coding != "identity") {
    return std::unexpected("the content is coded (" + std::string(coding) + ")");
  }
  list.validators = {std::string(response[bhttp::field::etag]), std::string(response[bhttp::field::last_modified])};
  list.content = std::move(response.body());
  return list;
}

// Where a redirect leads; empty without one.
std::string redirect_of(const Parser& parser, const Place& place) {
  const auto& response = parser.get();
  switch (response.result()) {
    case bhttp::status::moved_permanently:
    case bhttp::status::found:
    case bhttp::status::see_other:
    case bhttp::status::temporary_redirect:
    case bhttp::status::permanent_redirect:
      break;
    default:
      return {};
  }
  const std::string location(response[bhttp::field::location]);
  return location.starts_with('/') && !location.starts_with("//") ? "http://" + place.authority + location : location;
}

}  // namespace

Task<std::expected<FetchedList, std::string>> fetch_list(std::string url, ListValidators before,
                                                         milliseconds patience) {
  const std::string asked = url;
  const auto fail = [&](const std::string& why) {
    return std::unexpected(asked + (url == asked ? "" : " (redirected to " + url + ")") + ": " + why);
  };
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    const auto place = place_of(url);
    if (!place) { co_return fail(place.error()); }
    const auto stream = co_await connect(*place, patience);
    if (!stream) { co_return fail(stream.error()); }
    boost::system::error_code failed;
    const Request request = request_for(*place, before);
    co_await bhttp::async_write((*stream)->socket(), request, asio::redirect_error(use_task, failed));
    if (failed) { co_return fail(failed.message()); }
    Parser parser;
    parser.header_limit(kHeadLimit);
    parser.body_limit(kLargest);
    const auto done = co_await read(**stream, parser, patience);
    (*stream)->close();
    if (!done) { co_return fail(done.error()); }
    std::string next = redirect_of(parser, *place);
    if (next.empty()) {
      auto list = fetched(parser);
      if (!list) { co_return fail(list.error()); }
      co_return std::move(*list);
    }
    url = std::move(next);
  }
  co_return fail("too many redirects");
}

}  // namespace sluice::control
