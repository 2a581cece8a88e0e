#include "gateway/pipeline/judge_response.hpp"

#include <algorithm>

#include "cache/syntax.hpp"
#include "gateway/pipeline/change_fields.hpp"
#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/limited_body.hpp"

namespace sluice::pipeline {

namespace {

using policy::SettingKind;
using policy::SettingStage;

// What the policy may ask of a response.
struct Head {
  int status;
  const std::vector<cache::Field>& fields;
  std::optional<std::uint64_t> size;  // of the content; nullopt: it is not told
};

policy::Facts facts_of(const Exchange& exchange, const Head& head) {
  auto facts = facts_of(exchange);
  if (exchange.destination) {
    facts.destination = exchange.destination;
  } else if (!facts.destination) {
    facts.destination_resolved_elsewhere = true;
  }
  facts.status = head.status;
  const auto* type = cache::find(head.fields, cache::FieldName::content_type);
  facts.type = type != nullptr ? type->value : std::string_view();
  facts.size = head.size;
  facts.size_is_untold = !head.size;
  facts.response_fields = field_lines(head.fields);
  return facts;
}

Result<void> judge(Exchange& exchange, const Head& head) {
  const auto facts = facts_of(exchange, head);
  exchange.decision = exchange.policy->decide(facts);
  exchange.policy->choose(SettingStage::response, facts, exchange.response_settings);
  if (policy::stops(exchange.decision.verdict)) {
    return fail(ErrorKind::http_request_denied, Side::gateway, "judging the response");
  }
  const auto* limit = exchange.response_settings[SettingKind::limit_size];
  if (limit != nullptr && head.size && *head.size > limit->size) {
    return fail(ErrorKind::http_response_body_size, Side::gateway, "judging the response");
  }
  return {};
}

std::optional<std::uint64_t> size_of(const Exchange& exchange, const http::ResponseHead& head) {
  if (head.framing == http::Framing::length) { return head.content_length; }
  // What GET would have got, where the response says so.
  if (exchange.request.method == http::Method::head && head.has_content_length) { return head.content_length; }
  if (head.framing == http::Framing::none) { return 0; }
  return std::nullopt;
}

void change_fields_of_response(Exchange& exchange, std::vector<cache::Field>& fields) {
  const auto is_of_type = [](const policy::Setting* one) {
    return cache::equals_ignoring_case(one->name, "Content-Type");
  };
  if (std::ranges::any_of(exchange.response_settings.fields, is_of_type)) {
    const auto* type = cache::find(fields, cache::FieldName::content_type);
    exchange.judged_type = type != nullptr ? std::string(type->value) : std::string();
  }
  change_fields(exchange.response_settings, fields);
}

Result<void> judge_stored(Exchange& exchange, FromStore& stored) {
  const auto& head = stored.response->head;
  const auto kept = head.fields.fields();
  std::vector<cache::Field> fields(kept.begin(), kept.end());
  exchange.destination = policy::Address::parse(head.origin_address);
  auto judged = judge(exchange, {head.status, fields, head.content_length});
  if (!judged || exchange.response_settings.fields.empty()) { return judged; }
  change_fields_of_response(exchange, fields);
  auto changed = std::make_shared<cache::StoredResponse>(*stored.response);
  changed->head.fields = cache::OwnedFields(fields);
  changed->head.seal();
  stored.response = std::move(changed);
  return judged;
}

Result<void> judge_streamed(Exchange& exchange, Streamed& streamed) {
  auto judged = judge(exchange, {streamed.head.status, streamed.head.fields, size_of(exchange, streamed.head)});
  if (!judged) { return judged; }
  change_fields_of_response(exchange, streamed.head.fields);
  const auto* limit = exchange.response_settings[SettingKind::limit_size];
  if (limit != nullptr) { streamed.body = std::make_unique<LimitedBody>(std::move(streamed.body), limit->size); }
  return judged;
}

}  // namespace

void choose_response_settings(Exchange& exchange, int status, const std::vector<cache::Field>& fields) {
  const auto* length = cache::find(fields, cache::FieldName::content_length);
  const Head head{status, fields, length != nullptr ? cache::parse_count(length->value) : std::nullopt};
  exchange.policy->choose(SettingStage::response, facts_of(exchange, head), exchange.response_settings);
}

Task<Result<void>> judge_response(Exchange& exchange, Obtained& obtained) {
  if (auto* stored = std::get_if<FromStore>(&obtained)) { co_return judge_stored(exchange, *stored); }
  if (auto* upgraded = std::get_if<Upgraded>(&obtained)) {
    const auto& head = upgraded->forwarded.head;
    co_return judge(exchange, {head.status, head.fields, 0});
  }
  auto& streamed = std::get<Streamed>(obtained);
  auto judged = judge_streamed(exchange, streamed);
  if (!judged && !streamed.body->finish()) { co_await streamed.body->stop(); }
  co_return judged;
}

}  // namespace sluice::pipeline
