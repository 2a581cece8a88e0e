#include "gateway/pipeline/record.hpp"

#include <algorithm>

#include "gateway/pipeline/fill.hpp"
#include "gateway/pipeline/forward.hpp"
#include "gateway/pipeline/limit.hpp"

namespace sluice::pipeline {

namespace {

std::string_view url_for_log(const Exchange& exchange) {
  const std::string_view url = exchange.target.text;
  const bool is_stripped = exchange.settings[policy::SettingKind::strip_query] != nullptr;
  return is_stripped ? url.substr(0, url.find('?')) : url;
}

// A setting that would have applied if it were no shadow.
std::string_view shadow_setting_of(const Exchange& exchange) {
  const auto* shadow =
      exchange.settings.shadow != nullptr ? exchange.settings.shadow : exchange.response_settings.shadow;
  return shadow == nullptr ? std::string_view() : rule_of(exchange, *shadow).id;
}

std::string_view limit_of(const Exchange& exchange) {
  const auto* limit = exchange.error ? limit_behind(exchange, *exchange.error) : nullptr;
  return limit == nullptr ? std::string_view() : rule_of(exchange, *limit).id;
}

// Of what was connected the log says it in `upstream`.
std::string_view judged_destination(Exchange& exchange) {
  if (!exchange.upstream_text.empty()) { return {}; }
  if (exchange.destination && exchange.destination_text.empty()) {
    exchange.destination_text = exchange.destination->text();
  }
  return exchange.destination_text;
}

void say_what_was_stored(const Fill& fill, cache::CacheStatus& status) {
  status.stored = fill.was_stored();
  if (!status.stored && fill.lacked_room()) { status.cause = cache::MissCause::no_room; }
}

void say_hello(const KnownHello& hello, record::AccessRecord& record) {
  record.hello = hello.word();
  record.server_name = hello.server_name();
  record.protocols = hello.protocols();
  record.has_ech = hello.has_ech();
}

// `counted`: the settings of the stage before; a line that applied at both counts once.
void count_settings(Exchange& exchange, const policy::Settings& settings, const policy::Settings* counted,
                    std::int64_t now) {
  const auto& policy = exchange.earlier_policy != nullptr ? exchange.earlier_policy : exchange.policy;
  const auto count = [&](const policy::Setting* setting) {
    if (setting != nullptr) { exchange.services.rule_hits.count(policy, setting->rule, now); }
  };
  for (std::size_t i = 0; i < settings.single.size(); ++i) {
    const auto* setting = settings.single[i];
    const auto* earlier = counted != nullptr ? counted->single[i] : nullptr;
    const bool is_counted = setting != nullptr && earlier != nullptr && setting->rule == earlier->rule;
    if (!is_counted) { count(setting); }
  }
  std::ranges::for_each(settings.fields, count);
  count(settings.shadow);
}

// The rules that decided and applied, those in shadow that would have.
void count_rules(Exchange& exchange) {
  const auto& decision = exchange.decision;
  const auto now = std::chrono::floor<std::chrono::seconds>(exchange.start_time).time_since_epoch().count();
  auto& hits = exchange.services.rule_hits;
  if (decision.verdict != policy::Verdict::undecided) { hits.count(exchange.policy, decision.rule, now); }
  if (decision.shadow_verdict != policy::Verdict::undecided) { hits.count(exchange.policy, decision.shadow_rule, now); }
  const auto& chose = exchange.earlier_policy != nullptr ? exchange.earlier_policy : exchange.policy;
  if (chose->has_settings(policy::SettingStage::request)) { count_settings(exchange, exchange.settings, nullptr, now); }
  if (chose->has_settings(policy::SettingStage::response)) {
    count_settings(exchange, exchange.response_settings, &exchange.settings, now);
  }
}

}  // namespace

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
  record.user = exchange.user;
  record.listener = client.listener;
  record.mode = client.mode;
  record.method = exchange.request.method_text;
  record.url = url_for_log(exchange);
  record.is_query_stripped = record.url.size() < exchange.target.text.size();
  record.http_version = exchange.request.version == http::Version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
  record.status = exchange.status;
  record.received = client.stream.received() - exchange.received_before;
  record.sent = client.stream.sent() - exchange.sent_before;
  record.sent_heads = exchange.sent_heads;
  record.content_type = exchange.content_type;
  const auto& fields = exchange.fields_as_received();
  for (const auto& field : fields) {
    if (field.id == cache::FieldName::user_agent) { record.user_agent = field.value; }
  }
  if (const auto* referer = cache::find(fields, "Referer")) { record.referer = referer->value; }
  record.decision = exchange.decision;
  record.shadow_setting = shadow_setting_of(exchange);
  record.limit = limit_of(exchange);
  record.kept_by = exchange.kept_by;
  record.cache = exchange.cache_status;
  if (exchange.led != nullptr) { say_what_was_stored(*exchange.led, record.cache); }
  record.upstream = exchange.upstream_text;
  record.destination = judged_destination(exchange);
  if (exchange.hello != nullptr) { say_hello(*exchange.hello, record); }
  record.through_parent = !exchange.upstream_text.empty() && goes_to_parent(exchange);
  record.tunnel = exchange.is_tunnel;
  record.from_memory = exchange.from_memory && exchange.cache_status.hit;
  if (exchange.error) { record.error = exchange.error->kind; }
  exchange.services.metrics.count(record);
  count_rules(exchange);
  exchange.services.log.append(record);
}

}  // namespace sluice::pipeline
