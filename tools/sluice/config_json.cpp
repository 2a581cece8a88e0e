#include "tools/sluice/config_json.hpp"

#include <nlohmann/json.hpp>

#include "gateway/config/key.hpp"
#include "gateway/config/quantity.hpp"
#include "gateway/config/value.hpp"

namespace sluice::cli {
namespace {

using config::Configuration;
using config::Key;
using config::Kind;
using control::Json;

Json seconds_json(const std::string& text) {
  const auto milliseconds = config::parse_duration(text)->count();
  return milliseconds % 1000 == 0 ? Json(milliseconds / 1000) : Json(static_cast<double>(milliseconds) / 1000);
}

Json listeners_json(const Key& key, const Configuration& configuration) {
  Json list = Json::array();
  for (const config::Listener& listener : config::list_listeners(key, configuration)) {
    list.push_back({{"address", listener.address}, {"mode", listener.mode}});
  }
  return list;
}

Json value_json(const Key& key, const Configuration& configuration) {
  switch (key.kind) {
    case Kind::listeners:
      return listeners_json(key, configuration);
    case Kind::texts:
      return config::list_texts(key, configuration);
    case Kind::boolean:
      return config::value_text(key, configuration) == "true";
    case Kind::count:
    case Kind::size:
      return *config::parse_size(config::value_text(key, configuration));
    case Kind::duration:
      return seconds_json(config::value_text(key, configuration));
    case Kind::text:
    case Kind::choice:
      return config::value_text(key, configuration);
  }
  return nullptr;
}

}  // namespace

Json config_json(const Configuration& configuration) {
  Json json = Json::object();
  for (const Key& key : config::keys()) {
    Json& section = key.section().empty() ? json : json[std::string(key.section())];
    section[std::string(key.leaf())] = value_json(key, configuration);
  }
  return json;
}

Json config_keys_json() {
  Json rows = Json::array();
  for (const Key& key : config::keys()) {
    Json row;
    row["name"] = key.name;
    row["allowed"] = config::allowed_values(key);
    row["default"] = value_json(key, Configuration{});
    row["changed_by"] = key.needs_restart ? "restart" : "reload";
    row["meaning"] = key.meaning;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace sluice::cli
