#include "gateway/pipeline/exchange.hpp"

namespace sluice::pipeline {

void Exchange::begin() {
  // Both change seldom; comparing costs less than counting references up and down.
  if (configuration != services.configuration) { configuration = services.configuration; }
  if (const auto& current = services.policy.current(); policy != current) { policy = current; }
  policy_generation = services.policy.generation();
  earlier_policy.reset();
  kept_by.clear();
  settings.clear();
  response_settings.clear();
  start = std::chrono::steady_clock::now();
  start_time = std::chrono::system_clock::now();
  id = services.ids.next();
  head_text = {};
  request.method = http::Method::other;
  request.method_text = request.target = {};
  request.version = http::Version::http_1_1;
  request.fields.clear();
  target.text.clear();
  target.normal.clear();
  target.scheme = target.host = target.path_and_query = {};
  target.port = 0;
  user.clear();
  has_no_user = false;
  has_signed_out = false;
  has_changed_fields = false;
  judged_type.reset();
  key.clear();
  decision = {};
  address_matters = true;
  unlisted_in = 0;
  destination.reset();
  destination_text.clear();
  hello.reset();
  cache_status = {};
  is_validation = false;
  upstream_text.clear();
  led.reset();
  if (!for_client_alone.fields().empty()) { for_client_alone = {}; }
  content_type.clear();
  status = 0;
  sent_heads = 0;
  first_byte = {};
  keep_alive = false;
  from_memory = false;
  is_tunnel = false;
  error.reset();
}

}  // namespace sluice::pipeline
