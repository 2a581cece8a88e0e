#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/address.hpp"

namespace sluice::policy {

// When a fact becomes known. A rule is decidable at the latest stage among its conditions.
enum class Stage : std::uint8_t { packet, connection, request, response };

// What is known about a piece of traffic so far. A fact that is not known yet is nullopt; a rule that needs it is then
// neither true nor false. Views belong to the caller and must live through the call only.
struct Facts {
  // packet
  std::optional<Address> client;
  std::optional<Address> destination;  // the address that is, or would be, connected
  // Another proxy resolves the name, so the address never becomes known here: conditions on it do not hold.
  bool destination_resolved_elsewhere = false;
  std::optional<std::uint16_t> port;  // of the destination
  // connection, request
  std::optional<std::string_view>
      host;  // normalised: lower case, no trailing dot, A-labels; addresses in canonical text
  std::optional<std::string_view> scheme;  // "http", "https"; CONNECT has none: empty
  std::optional<std::string_view> method;
  std::optional<std::string_view> url;  // normalised target URI; for CONNECT "host:port"
  // always known
  std::chrono::sys_seconds now{};
};

}  // namespace sluice::policy
