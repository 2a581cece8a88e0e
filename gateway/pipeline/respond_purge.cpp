#include "gateway/pipeline/respond_purge.hpp"

#include <algorithm>

#include "cache/http_date.hpp"
#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/purge_orders.hpp"
#include "gateway/pipeline/response_writer.hpp"

namespace sluice::pipeline {

namespace {

constexpr std::size_t kLargestContent = 256 * 1024;

Task<Result<std::string>> read_content(Exchange& exchange) {
  std::string content;
  for (;;) {
    const auto piece = co_await exchange.client->reader.next();
    if (!piece) { co_return std::unexpected(piece.error()); }
    if (piece->empty()) { co_return content; }
    content += *piece;
    if (content.size() > kLargestContent) {
      co_return fail(ErrorKind::http_request_error, Side::client, "reading what to purge", 413);
    }
  }
}

struct Asked {
  std::vector<PurgeOrder> orders;
  bool is_by_head = false;  // no content named anything
};

// What is asked for, or what is wrong with how.
using Reading = std::expected<Asked, std::string>;

Task<Result<Reading>> read_orders(Exchange& exchange) {
  std::string content;
  if (exchange.request.framing != http::Framing::none) {
    auto read = co_await read_content(exchange);
    if (!read) { co_return std::unexpected(read.error()); }
    content = std::move(*read);
  }
  auto orders =
      content.empty() ? purge_orders_of(exchange.target.text, exchange.request.fields) : parse_purge_orders(content);
  if (!orders) { co_return Reading(std::unexpected(orders.error())); }
  co_return Reading(Asked{std::move(*orders), content.empty()});
}

// As they are stored. The request stands for a GET of its own target by the same client; of a URL in its content nobody
// knows who asks for it.
std::vector<PurgeOrder> by_key(const Exchange& exchange, const Asked& asked) {
  auto own = facts_of(exchange);
  own.method = "GET";
  std::vector<PurgeOrder> all;
  for (const auto& order : asked.orders) {
    auto keys =
        asked.is_by_head ? for_each_key(order, *exchange.policy, own) : for_each_key(order, *exchange.policy, own.now);
    std::ranges::move(keys, std::back_inserter(all));
  }
  return all;
}

// As if the request had been for what is purged. A tag belongs to no host: the request's own target was judged.
bool is_allowed_to(Exchange& exchange, const PurgeOrder& order) {
  if (order.scope == cache::PurgeScope::tag) { return true; }
  const auto url = order.scope == cache::PurgeScope::host ? "http://" + order.name + "/" : order.name;
  http::TargetUri target;
  if (!http::parse_url(url, target)) { return false; }
  auto facts = facts_of(exchange);
  facts.destination = target.site.address;
  facts.destination_resolved_elsewhere = !target.site.address;  // nothing is connected
  facts.port = target.port;
  facts.host = target.host;
  facts.scheme = target.scheme;
  facts.url = target.normal_text();
  facts.path_and_query = target.normal_path_and_query();
  exchange.decision = exchange.policy->decide(facts);
  return policy::lets_pass(exchange.decision.verdict);
}

bool was_nothing_stored(const std::vector<Purged>& all) {
  return std::ranges::all_of(all, [](const Purged& purged) { return purged.responses == 0; });
}

Task<Result<void>> send_answer(Exchange& exchange, int status, std::string_view content) {
  settle_keep_alive(exchange);
  const auto date = cache::format_http_date(coarse_unix_now());
  const std::array<cache::Field, 2> fields{{{"Content-Type", "application/json", cache::FieldName::content_type},
                                            {"Cache-Control", "no-store", cache::FieldName::cache_control}}};
  http::ResponseHead head;
  head.status = status;
  head.reason = http::reason_phrase(head.status);
  auto options = response_options(exchange, {});
  options.date = date;
  options.framing = http::Framing::length;
  options.content_length = content.size();
  options.extra = fields;
  exchange.content_type = "application/json";
  begin_response(exchange, head, options);
  exchange.out += content;
  co_return co_await write_head(exchange, head.status);
}

}  // namespace

bool is_purge(const Exchange& exchange) {
  return exchange.request.method_text == "PURGE";
}

Task<Result<void>> respond_purge(Exchange& exchange) {
  if (!decide_without_address(exchange)) { co_return fail(ErrorKind::http_request_denied, Side::gateway, "deciding"); }
  const auto read = co_await read_orders(exchange);
  if (!read) { co_return std::unexpected(read.error()); }
  const auto& asked = *read;
  if (!asked) { co_return co_await send_answer(exchange, 400, purge_refusal(asked.error())); }
  for (const auto& order : asked->orders) {
    if (!is_allowed_to(exchange, order)) {
      co_return fail(ErrorKind::http_request_denied, Side::gateway, "deciding about a purge");
    }
  }
  auto& services = exchange.services;
  std::vector<Purged> all;
  for (auto& order : by_key(exchange, *asked)) {
    auto purged = co_await purge({services.memory, services.disk, services.fills, services.purged, services.purges},
                                 std::move(order), services.mailbox);
    if (!purged || !purged->survives_restart) {
      co_return fail(ErrorKind::proxy_internal_error, Side::gateway, "keeping a purge on disk");
    }
    all.push_back(std::move(*purged));
  }
  co_return co_await send_answer(exchange, was_nothing_stored(all) ? 404 : 200, purge_answer(all));
}

}  // namespace sluice::pipeline
