// What a PURGE request may ask for: whatever is read is a valid order, and its answer is JSON.

#include "gateway/pipeline/purge_orders.hpp"

#include <cstdlib>

#include <nlohmann/json.hpp>

namespace {

using namespace sluice;

void require(bool holds) {
  if (!holds) { std::abort(); }
}

void check(const std::expected<std::vector<pipeline::PurgeOrder>, std::string>& orders) {
  if (!orders) {
    require(!orders.error().empty());
    return;
  }
  require(!orders->empty());
  std::vector<pipeline::Purged> all;
  for (const auto& order : *orders) {
    require(cache::is_purge_name(order.scope, order.name));
    // Normalising is done once: the name of an order makes the same order.
    const auto again = pipeline::make_purge_order(order.scope, order.name, order.is_hard);
    require(again && again->name == order.name);
    all.push_back({order, 1});
  }
  require(nlohmann::json::accept(pipeline::purge_answer(all)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  check(pipeline::parse_purge_orders(octets));
  const cache::Field fields[] = {{"Surrogate-Key", octets, cache::FieldName::surrogate_key}};
  const auto by_tags = pipeline::purge_orders_of("http://a.example/", fields);
  require(by_tags.has_value());
  check(by_tags);
  check(pipeline::purge_orders_of(octets, {}));
  return 0;
}
