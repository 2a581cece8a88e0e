#include "gateway/pipeline/identify.hpp"

#include "gateway/http/forwarded_fields.hpp"

namespace sluice::pipeline {

Result<void> identify(Exchange& exchange) {
  const auto parsed = http::parse_proxy_target(exchange.request, exchange.target);
  if (!parsed) { return parsed; }
  // TLS towards an origin is the client's own business, through CONNECT: nothing is sent there in the clear.
  if (exchange.target.scheme == "https") {
    return fail(ErrorKind::http_request_error, Side::gateway, "forwarding https without CONNECT", 501);
  }
  // RFC 9110 7.6.3: Via is "used for ... avoiding request loops".
  // RFC 8586 2: CDN-Loop is there for what strips Via.
  const auto& fields = exchange.request.fields;
  if (http::passed_through(fields, exchange.services.via_name) ||
      http::looped_through(fields, exchange.configuration->forwarding.cdn_loop)) {
    return fail(ErrorKind::proxy_loop_detected, Side::gateway, "identifying the target");
  }
  return {};
}

}  // namespace sluice::pipeline
