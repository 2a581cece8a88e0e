#include "gateway/pipeline/record.hpp"

#include "gateway/pipeline/forward.hpp"

namespace sluice::pipeline {

void record(Exchange& exchange) {
  const auto& client = *exchange.client;
  record::AccessRecord record;
  record.start = exchange.start_time;
  record.duration =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - exchange.start);
  // Not noted of an answer that was left whole: nothing came in between.
  record.first_byte = exchange.first_byte.count() != 0 || exchange.status == 0 ? exchange.first_byte : record.duration;
  record.request_id = view(exchange.id);
  record.client = client.address_text;
  record.listener = client.mode;
  record.method = exchange.request.method_text;
  record.url = exchange.target.text;
  record.http_version = exchange.request.version == http::Version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
  record.status = exchange.status;
  record.received = client.stream.received() - exchange.received_before;
  record.sent = client.stream.sent() - exchange.sent_before;
  record.content_type = exchange.content_type;
  for (const auto& field : exchange.request.fields) {
    if (field.id == cache::FieldName::user_agent) { record.user_agent = field.value; }
  }
  if (const auto* referer = cache::find(exchange.request.fields, "Referer")) { record.referer = referer->value; }
  record.decision = exchange.decision;
  record.cache = exchange.cache_status;
  record.upstream = exchange.upstream_text;
  record.through_parent = !exchange.upstream_text.empty() && goes_to_parent(exchange);
  record.tunnel = exchange.is_tunnel;
  record.from_memory = exchange.from_memory && exchange.cache_status.hit;
  if (exchange.error) { record.error = exchange.error->kind; }
  exchange.services.metrics.count(record);
  exchange.services.log.append(record);
}

}  // namespace sluice::pipeline
