#include "cache/http_date.hpp"
#include "gateway/pipeline/respond.hpp"
#include "gateway/pipeline/response_writer.hpp"

namespace sluice::pipeline {

namespace {

// RFC 9110 9.3.8: the request as received, without "fields that are likely to contain sensitive data".
std::string traced(const http::RequestHead& request) {
  using cache::FieldName;
  std::string content;
  content.append(request.method_text).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  for (const auto& field : request.fields) {
    const bool is_sensitive = field.id == FieldName::authorization || field.id == FieldName::proxy_authorization ||
                              field.id == FieldName::cookie;
    if (!is_sensitive) { content.append(field.name).append(": ").append(field.value).append("\r\n"); }
  }
  return content += "\r\n";
}

}  // namespace

Task<Result<void>> respond_locally(Exchange& exchange) {
  settle_keep_alive(exchange);
  const bool is_trace = exchange.request.method == http::Method::trace;
  const auto content = is_trace ? traced(exchange.request) : std::string{};
  const auto date = cache::format_http_date(coarse_unix_now());
  http::ResponseHead head;
  head.status = 200;
  head.reason = http::reason_phrase(200);
  std::array<cache::Field, 1> fields{
      {{"Allow", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE, CONNECT", cache::FieldName::allow}}};
  if (is_trace) { fields[0] = {"Content-Type", "message/http", cache::FieldName::content_type}; }
  auto options = response_options(exchange, {});
  options.date = date;
  options.framing = http::Framing::length;
  options.content_length = content.size();
  options.extra = fields;
  begin_response(exchange, head, options);
  exchange.out += content;
  co_return co_await write_head(exchange, 200);
}

}  // namespace sluice::pipeline
