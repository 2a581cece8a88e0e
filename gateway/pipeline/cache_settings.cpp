#include "gateway/pipeline/cache_settings.hpp"

#include "cache/cache_control.hpp"
#include "cache/freshness.hpp"
#include "cache/status.hpp"
#include "gateway/pipeline/judge_response.hpp"

namespace sluice::pipeline {

namespace {

using cache::FieldName;
using policy::SettingKind;

// Answers to one client's credentials, conditions or pace, which the next one may not deserve.
bool is_for_one_client(int status) noexcept {
  return status == 401 || cache::speaks_of_client(status);
}

// How long a response may be used without asking the origin server, when the policy says so. Of cookies that the origin
// server did not date it does not: they are one client's, unless `cache ignore set-cookie` took them out.
std::optional<cache::Seconds> lifetime_of(const policy::Settings& settings, const cache::ResponseView& response,
                                          const cache::CacheControl& directives) {
  const bool is_negative = response.status >= 400;
  const auto* setting = settings[is_negative ? SettingKind::cache_negative : SettingKind::cache_ttl];
  if (setting == nullptr || is_for_one_client(response.status)) { return std::nullopt; }
  const bool has_cookies = cache::find(response.fields, FieldName::set_cookie) != nullptr;
  if (has_cookies && !cache::has_explicit_freshness(response, directives)) { return std::nullopt; }
  return setting->lifetime;
}

// The response's own directives with what the policy says in their place. A grace prolongs a freshness; what never had
// one is stored and shared as little as without it.
cache::CacheControl overridden(const policy::Settings& settings, const cache::ResponseView& response,
                               cache::UnixTime response_time) {
  auto directives = cache::response_directives(response.fields);
  auto lifetime = lifetime_of(settings, response, directives);
  // The targeted field takes the place of Expires too.
  const auto own = cache::freshness_lifetime(response, directives, response_time);
  if (!lifetime && (own > cache::Seconds{0} || cache::has_explicit_freshness(response, directives))) { lifetime = own; }
  if (lifetime) { directives.max_age = lifetime; }
  directives.s_maxage.reset();
  if (const auto* grace = settings[SettingKind::cache_grace]; grace != nullptr && lifetime) {
    directives.stale_while_revalidate = directives.stale_if_error = grace->lifetime;
    directives.must_revalidate = directives.proxy_revalidate = false;
  }
  return directives;
}

// REQUIRES: the fields live no longer than `exchange.directives` stays as it is.
void set_directives(Exchange& exchange, std::vector<cache::Field>& fields, std::string text) {
  std::erase_if(fields, [](const auto& field) { return field.id == FieldName::sluice_directives; });
  exchange.directives = std::move(text);
  if (exchange.directives.empty()) { return; }
  fields.push_back({cache::spelling(FieldName::sluice_directives), exchange.directives, FieldName::sluice_directives});
}

bool changes_directives(const policy::Settings& settings, int status) {
  return settings[status >= 400 ? SettingKind::cache_negative : SettingKind::cache_ttl] != nullptr ||
         settings[SettingKind::cache_grace] != nullptr;
}

}  // namespace

// What comes from another server than the name says is nobody else's response.
bool may_use_cache(const Exchange& exchange) {
  return exchange.decision.verdict != policy::Verdict::bypass &&
         exchange.settings[SettingKind::cache_never] == nullptr &&
         exchange.settings[SettingKind::connect_to] == nullptr;
}

void apply_targets(Exchange& exchange, std::vector<cache::Field>& fields) {
  set_directives(exchange, fields, cache::governing_directives(fields, exchange.configuration->cache.targets));
}

bool apply_cache_settings(Exchange& exchange, int status, std::vector<cache::Field>& fields,
                          cache::UnixTime response_time) {
  apply_targets(exchange, fields);
  const bool is_bypass = exchange.decision.verdict == policy::Verdict::bypass;
  if (!exchange.policy->has_settings(policy::SettingStage::response)) { return !is_bypass; }
  choose_response_settings(exchange, status, fields);
  const auto& settings = exchange.response_settings;
  if (settings[SettingKind::cache_ignore_set_cookie] != nullptr) {
    std::erase_if(fields, [](const auto& field) { return field.id == FieldName::set_cookie; });
  }
  if (changes_directives(settings, status)) {
    auto text = cache::targeted_text(overridden(settings, {status, fields}, response_time));
    if (!text.empty()) { set_directives(exchange, fields, std::move(text)); }
  }
  return !is_bypass && settings[SettingKind::cache_never] == nullptr;
}

void apply_cache_settings(Exchange& exchange, cache::StoredHead& head) {
  const auto kept = head.fields.fields();
  const bool was_overridden = cache::find(kept, FieldName::sluice_directives) != nullptr;
  const bool is_targeted = !cache::governing_directives(kept, exchange.configuration->cache.targets).empty();
  const bool has_settings = exchange.policy->has_settings(policy::SettingStage::response);
  if (!was_overridden && !is_targeted && !has_settings) { return; }
  std::vector<cache::Field> fields(kept.begin(), kept.end());
  apply_cache_settings(exchange, head.status, fields, head.response_time);
  head.fields = cache::OwnedFields(fields);
  head.seal();
}

}  // namespace sluice::pipeline
