#pragma once

#include <nlohmann/json.hpp>

#include "gateway/control/protocol/json.hpp"

// SLUICE_JSON_MEMBERS(Type, a, b, ...): the bodies of to_json and from_json for a struct whose members have the names
// of the JSON members. Absent members keep their defaults.
#define SLUICE_JSON_MEMBERS(Type, ...)                                                      \
  void to_json(Json& nlohmann_json_j, const Type& nlohmann_json_t) {                        \
    nlohmann_json_j = Json::object();                                                       \
    NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(NLOHMANN_JSON_TO, __VA_ARGS__))                \
  }                                                                                         \
  void from_json(const Json& nlohmann_json_j, Type& nlohmann_json_t) {                      \
    const Type nlohmann_json_default_obj{};                                                 \
    NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(NLOHMANN_JSON_FROM_WITH_DEFAULT, __VA_ARGS__)) \
  }
// For a struct without members.
#define SLUICE_JSON_NO_MEMBERS(Type)      \
  void to_json(Json& json, const Type&) { \
    json = Json::object();                \
  }                                       \
  void from_json(const Json&, Type&) {}
// The declarations that go with both.
#define SLUICE_JSON_DECLARE(Type)             \
  void to_json(Json& json, const Type& type); \
  void from_json(const Json& json, Type& type)
