#include "gateway/pipeline/identify.hpp"

#include "gateway/http/forwarded_fields.hpp"

namespace sluice::pipeline {

Result<void> identify(Exchange& exchange) {
  const auto parsed = http::parse_proxy_target(exchange.request, exchange.target);
  if (!parsed) { return parsed; }
  // RFC 9110 7.6.3: Via is "used for ... avoiding request loops".
  if (http::passed_through(exchange.request.fields, exchange.services.via_name)) {
    return fail(ErrorKind::proxy_loop_detected, Side::gateway, "identifying the target");
  }
  exchange.origin.assign(exchange.target.host);
  exchange.origin += ':';
  exchange.origin += std::to_string(exchange.target.port);
  return {};
}

}  // namespace sluice::pipeline
