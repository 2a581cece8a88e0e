#include "cache/http_date.hpp"
#include "gateway/http/error_page.hpp"
#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/respond.hpp"
#include "gateway/pipeline/response_writer.hpp"

namespace sluice::pipeline {

// Not to be stored, whatever the status: the next policy may say otherwise.
Task<Result<void>> respond_redirect(Exchange& exchange) {
  settle_keep_alive(exchange);
  const auto& policy = *exchange.policy;
  const auto location = policy.location(exchange.decision, facts_of(exchange));
  const auto date = cache::format_http_date(coarse_unix_now());
  const auto version = std::to_string(policy.version());
  const auto accept = cache::combined(exchange.request.fields, cache::FieldName::accept);
  const std::string reason(exchange.decision.reason.empty() ? "The policy redirects this request."
                                                            : exchange.decision.reason);
  const std::array<cache::Field, 1> fields{{{"Location", location, cache::FieldName::location}}};
  http::GeneratedAnswer answer;
  answer.status = policy.rules()[exchange.decision.rule].redirect->status;
  answer.gateway = exchange.configuration->forwarding.via_name;
  answer.reason = reason;
  answer.rule = exchange.decision.rule_id;
  answer.policy_version = version;
  answer.request_id = view(exchange.id);
  answer.target = exchange.target.text;
  answer.location = location;
  answer.accept = accept;
  answer.date = date;
  answer.method = exchange.request.method;
  answer.keep_alive = exchange.keep_alive;
  answer.extra = fields;
  exchange.content_type.clear();
  exchange.out.clear();
  exchange.sent_heads += http::append_answer(answer, exchange.out);
  co_return co_await write_head(exchange, answer.status);
}

}  // namespace sluice::pipeline
