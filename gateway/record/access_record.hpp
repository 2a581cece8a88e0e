#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cache/cache_status.hpp"
#include "gateway/base/error.hpp"
#include "policy/decision.hpp"

namespace sluice::record {

// One exchange or tunnel as the access log and the metrics see it. Views belong to the exchange and live through
// the call that records it.
struct AccessRecord {
  std::chrono::system_clock::time_point start;
  std::chrono::microseconds duration{};
  std::chrono::microseconds first_byte{};  // until the response head was sent
  std::string_view request_id;
  std::string_view client;    // address, text
  std::string_view user;      // as verified; "" when the client is not known
  std::string_view listener;  // where it came in, "address:port"
  std::string_view mode;      // "explicit"
  std::string_view method;
  std::string_view url;            // target URI; "host:port" for CONNECT; "" when it could not be read
  bool is_query_stripped = false;  // from the URL, by a setting of the policy
  std::string_view http_version = "HTTP/1.1";
  int status = 0;                 // 0 when none was sent
  std::uint64_t received = 0;     // octets from the client, heads included; for tunnels both heads and content
  std::uint64_t sent = 0;         // octets to the client, likewise
  std::uint64_t sent_heads = 0;   // those of them that were heads of responses
  std::string_view content_type;  // of the response
  std::string_view referer;
  std::string_view user_agent;
  policy::Decision decision;
  std::string_view shadow_setting;  // id of a setting that would have applied if it were no shadow; "" when none
  std::string_view limit;           // id of the `limit` line that refused or cut it; "" when none did
  std::string_view kept_by;         // id of the rule of a newer policy that would have stopped it, had it begun later
  cache::CacheStatus cache;
  std::string_view upstream;     // address:port connected, text; "" when none
  std::string_view destination;  // where none was connected: the address judged, or that of a stored response; or ""
  std::string_view hello;        // what a tunnel began with, where a rule asked: "tls" or "none"; else ""
  std::string_view server_name;  // of the TLS hello; "" when it has none
  std::string_view protocols;    // that it offers by ALPN: "h2,http/1.1"
  bool has_ech = false;          // it holds an Encrypted Client Hello
  bool through_parent = false;
  bool tunnel = false;
  bool from_memory = false;  // a hit that the memory tier answered
  std::optional<ErrorKind> error;
};

}  // namespace sluice::record
