#include "gateway/pipeline/purge_orders.hpp"

#include <nlohmann/json.hpp>

#include "cache/tags.hpp"

namespace sluice::pipeline {

namespace {

using Json = nlohmann::ordered_json;
using cache::PurgeScope;
using Orders = std::expected<std::vector<PurgeOrder>, std::string>;

constexpr std::string_view kModeField = "Sluice-Purge";

std::optional<PurgeScope> scope_of_member(std::string_view name) {
  if (name == "urls") { return PurgeScope::url; }
  if (name == "hosts") { return PurgeScope::host; }
  if (name == "prefixes") { return PurgeScope::prefix; }
  if (name == "tags") { return PurgeScope::tag; }
  return std::nullopt;
}

std::expected<void, std::string> append_orders(const std::string& member, const Json& names, bool is_hard,
                                               std::vector<PurgeOrder>& orders) {
  const auto scope = scope_of_member(member);
  if (!scope) { return std::unexpected("unknown member; there are urls, hosts, prefixes, tags and hard"); }
  if (!names.is_array()) { return std::unexpected(member + " is not an array of strings"); }
  for (const auto& name : names) {
    if (!name.is_string()) { return std::unexpected(member + " is not an array of strings"); }
    if (orders.size() == kMostPurgeOrders) { return std::unexpected("more than 1000 names"); }
    auto order = make_purge_order(*scope, name.get_ref<const std::string&>(), is_hard);
    if (!order) { return std::unexpected(order.error()); }
    orders.push_back(std::move(*order));
  }
  return {};
}

std::expected<bool, std::string> is_hard_by(cache::Fields fields) {
  const auto mode = cache::combined(fields, kModeField);
  if (mode.empty() || mode == "soft") { return false; }
  if (mode == "hard") { return true; }
  return std::unexpected("Sluice-Purge is soft or hard");
}

Json to_json(const Purged& purged) {
  Json json{{"scope", cache::to_string(purged.order.scope)},
            {"name", purged.order.name},
            {"mode", purged.order.is_hard ? "hard" : "soft"},
            {"number", purged.number}};
  if (purged.responses) { json["responses"] = *purged.responses; }
  json["survives_restart"] = purged.survives_restart;
  return json;
}

}  // namespace

Orders parse_purge_orders(std::string_view json) {
  Json parsed;
  try {
    parsed = Json::parse(json);
  } catch (const Json::parse_error& error) {
    return std::unexpected("the content is not JSON: it goes wrong at octet " + std::to_string(error.byte));
  }
  if (!parsed.is_object()) { return std::unexpected("the content is not a JSON object"); }
  bool is_hard = false;
  if (const auto hard = parsed.find("hard"); hard != parsed.end()) {
    if (!hard->is_boolean()) { return std::unexpected("hard is not a boolean"); }
    is_hard = hard->get<bool>();
  }
  std::vector<PurgeOrder> orders;
  for (const auto& [member, names] : parsed.items()) {
    if (member == "hard") { continue; }
    if (auto appended = append_orders(member, names, is_hard, orders); !appended) {
      return std::unexpected(appended.error());
    }
  }
  if (orders.empty()) { return std::unexpected("no urls, hosts, prefixes or tags"); }
  return orders;
}

Orders purge_orders_of(std::string_view target_uri, cache::Fields fields) {
  const auto is_hard = is_hard_by(fields);
  if (!is_hard) { return std::unexpected(is_hard.error()); }
  std::vector<PurgeOrder> orders;
  cache::for_each_tag(fields,
                      [&](std::string_view tag) { orders.push_back({PurgeScope::tag, std::string(tag), *is_hard}); });
  if (!orders.empty()) { return orders; }
  auto order = make_purge_order(PurgeScope::url, target_uri, *is_hard);
  if (!order) { return std::unexpected(order.error()); }
  orders.push_back(std::move(*order));
  return orders;
}

std::string purge_answer(const std::vector<Purged>& all) {
  Json list = Json::array();
  for (const auto& purged : all) { list.push_back(to_json(purged)); }
  // Names came from clients: octets that are no UTF-8 are replaced.
  return Json{{"purged", std::move(list)}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string purge_refusal(std::string_view why) {
  return Json{{"error", why}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::pipeline
