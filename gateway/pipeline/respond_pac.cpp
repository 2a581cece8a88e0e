#include "gateway/pipeline/respond_pac.hpp"

#include <algorithm>

#include "cache/http_date.hpp"
#include "gateway/pipeline/response_writer.hpp"

namespace sluice::pipeline {

namespace {

// Browsers read it again now and then: an edit of the policy reaches them without a restart.
constexpr std::string_view kLifetime = "private, max-age=300";

// What stands in the script as it is.
bool is_plain(std::string_view proxy) {
  constexpr std::string_view kMarks = ".-_:[]";
  return std::ranges::all_of(
      proxy, [&](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != kMarks.npos; });
}

std::string proxy_of(const http::TargetUri& target) {
  const bool is_ipv6 = target.host.find(':') != target.host.npos;
  std::string proxy = is_ipv6 ? "[" + std::string(target.host) + "]" : std::string(target.host);
  return proxy += ":" + std::to_string(target.port);
}

}  // namespace

bool asks_for_pac(const http::RequestHead& request) noexcept {
  const bool is_read = request.method == http::Method::get || request.method == http::Method::head;
  return is_read && (request.target == "/proxy.pac" || request.target == "/wpad.dat");
}

Task<Result<void>> respond_pac(Exchange& exchange) {
  const auto parsed = http::parse_origin_target(exchange.request, "http", exchange.target);
  if (!parsed) { co_return parsed; }
  const auto proxy = proxy_of(exchange.target);
  if (!is_plain(proxy)) {
    co_return fail(ErrorKind::http_request_error, Side::gateway, "naming the gateway: no such host", 400);
  }
  settle_keep_alive(exchange);
  const auto content = policy::pac_text(exchange.policy->pac(), proxy);
  const auto date = cache::format_http_date(coarse_unix_now());
  const std::array<cache::Field, 2> fields{
      {{"Content-Type", "application/x-ns-proxy-autoconfig", cache::FieldName::content_type},
       {"Cache-Control", kLifetime, cache::FieldName::cache_control}}};
  http::ResponseHead head;
  head.status = 200;
  head.reason = http::reason_phrase(200);
  auto options = response_options(exchange, {});
  options.date = date;
  options.framing = http::Framing::length;
  options.content_length = content.size();
  options.extra = fields;
  exchange.content_type = fields[0].value;
  begin_response(exchange, head, options);
  if (!is_to_head(exchange)) { exchange.out += content; }
  co_return co_await write_head(exchange, 200);
}

}  // namespace sluice::pipeline
