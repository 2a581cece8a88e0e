#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "policy/facts.hpp"

namespace sluice::policy {

// What a condition asks about.
enum class Subject : std::uint8_t {
  from,
  to,
  port,
  protocol,
  interface,
  during,
  until,
  listener,
  mode,
  authority,
  sni,
  alpn,
  ech,
  inconsistent,
  host,
  method,
  scheme,
  url,
  path,
  query,
  field,
  category,
  list,
  user,
  group,
  status,
  type,
  size,
  response_field,
};

struct SubjectInfo {
  std::string_view word;           // that begins the condition
  Stage stage;                     // at which the fact becomes known
  std::string_view value;          // what an error says is expected; empty: it takes none
  bool takes_expressions = false;  // behind `~`, in quotes
};

// In the order of Subject. The word behind `response` is `field`.
inline constexpr std::array<SubjectInfo, 29> kSubjects{{
    {"from", Stage::packet, "an address, a prefix or the name of a net"},
    {"to", Stage::packet, "an address, a prefix or the name of a net"},
    {"port", Stage::packet, "a port"},
    {"protocol", Stage::packet, "a protocol"},
    {"interface", Stage::packet, "the name of an interface"},
    {"during", Stage::packet, "a time, as in `mon-fri 08:00-18:00`, or the name of one"},
    {"until", Stage::packet, "a date, as in `2026-12-31`"},
    {"listener", Stage::connection, "a port or an address with a port"},
    {"mode", Stage::connection, "a mode"},
    {"authority", Stage::connection, "a host"},
    {"sni", Stage::connection, "a host"},
    {"alpn", Stage::connection, "the name of a protocol, as in `h2`"},
    {"ech", Stage::connection, ""},
    {"inconsistent", Stage::connection, ""},
    {"host", Stage::connection, "a host"},
    {"method", Stage::request, "a method"},
    {"scheme", Stage::request, "a scheme"},
    {"url", Stage::request, "an expression in quotes", true},
    {"path", Stage::request, "a path that begins with `/`"},
    {"query", Stage::request, "the name of a parameter, or `name=value`"},
    {"field", Stage::request, "an expression in quotes", true},
    {"category", Stage::request, "a category"},
    {"list", Stage::request, "the name of a list"},
    {"user", Stage::request, "the name of a user"},
    {"group", Stage::request, "the name of a group"},
    {"status", Stage::response, "a status"},
    {"type", Stage::response, "a media type"},
    {"size", Stage::response, "`over` or `under` and a size"},
    {"response", Stage::response, "an expression in quotes", true},
}};

constexpr const SubjectInfo& info_of(Subject subject) noexcept {
  return kSubjects[static_cast<std::size_t>(subject)];
}
constexpr Stage stage_of(Subject subject) noexcept {
  return info_of(subject).stage;
}

// Does it ask for what a client begins a tunnel with?
constexpr bool asks_for_hello(Subject subject) noexcept {
  return subject == Subject::sni || subject == Subject::alpn || subject == Subject::ech ||
         subject == Subject::inconsistent;
}

// PURGE changes what others get: it is allowed by rules whose `method` names it and by no other.
inline constexpr std::string_view kPurgeMethod = "PURGE";

// Does it ask who the user is?
constexpr bool asks_for_user(Subject subject) noexcept {
  return subject == Subject::user || subject == Subject::group;
}

}  // namespace sluice::policy
