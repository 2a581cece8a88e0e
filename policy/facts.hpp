#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "policy/address.hpp"

namespace sluice::policy {

// When a fact becomes known. A rule is decidable at the latest stage among its conditions.
enum class Stage : std::uint8_t { packet, connection, request, response };

// The fields of a message, wherever its owner keeps them.
// Lifetime: `message` must outlive it.
struct FieldLines {
  using Visit = bool (*)(void* context, std::string_view value);

  const void* message = nullptr;
  // Hands the value of each line of this name (in any case) to `visit` until one returns true; says whether one did.
  bool (*any)(const void* message, std::string_view name, Visit visit, void* context) = nullptr;
  // Whether it is known of this name, in any case, which lines there are. Null: it is of all.
  bool (*knows)(const void* message, std::string_view name) = nullptr;
};

// What a client begins a tunnel with: its TLS ClientHello (RFC 8446 4.1.2), or anything else.
struct Hello {
  bool is_tls = false;                          // false: the client speaks no TLS, and the rest is empty
  std::string_view server_name;                 // normalised like `host`; empty: it names none
  std::span<const std::string_view> protocols;  // that it offers by ALPN
  bool has_ech = false;                         // it may hold another hello that only the server can read
};

// What is known about a piece of traffic so far. A fact that is not known yet is nullopt; a rule that needs it is then
// neither true nor false. Views belong to the caller and must live through the call only.
struct Facts {
  // packet
  std::optional<Address> client;
  std::optional<Address> destination;  // the address that is, or would be, connected
  // Another proxy resolves the name, so the address never becomes known here: conditions on it do not hold.
  bool destination_resolved_elsewhere = false;
  std::optional<std::uint16_t> port;          // of the destination
  std::optional<std::string_view> protocol;   // "tcp", "udp"
  std::optional<std::string_view> interface;  // where it came in; empty: it never becomes known here
  // connection
  std::optional<std::string_view> listener;   // where the client came in, "address:port"
  std::optional<std::string_view> mode;       // "explicit"
  std::optional<std::string_view> authority;  // the host that CONNECT named; of other requests empty
  std::optional<Hello> hello;                 // of other requests than CONNECT nothing: no TLS
  std::optional<std::string_view>
      host;  // normalised: lower case, no trailing dot, A-labels; addresses in canonical text
  // request
  std::optional<std::string_view> scheme;          // "http", "https"; CONNECT has none: empty
  std::optional<std::string_view> method;          // not known: decisions are those for methods other than PURGE
  std::optional<std::string_view> url;             // normalised target URI; for CONNECT "host:port"
  std::optional<std::string_view> path_and_query;  // of the URL; of CONNECT empty
  bool query_is_unknown = false;                   // there is one, and of `path_and_query` only the path is here
  std::optional<FieldLines> fields;
  // Who sent the request, as verified; empty: nobody, and nobody will be asked. nullopt: not asked, so far.
  std::optional<std::string_view> user;
  // Groups that the user is in beside those that the policy defines. Known when `user` is.
  std::span<const std::string_view> groups;
  // response
  std::optional<int> status;
  std::optional<std::string_view> type;  // Content-Type as received; empty when there is none
  std::optional<std::uint64_t> size;     // of the content
  // The response does not say how large it is: conditions on the size do not hold.
  bool size_is_untold = false;
  std::optional<FieldLines> response_fields;
  // No response ever becomes known (a tunnel): conditions on one do not hold.
  bool has_no_response = false;
  // The number of the lists in which neither host nor URL were found, or 0: kept by whoever asks several times about
  // one URL, so that it is looked up once. Read and written by decide(). Null: not kept.
  std::uint64_t* unlisted_in = nullptr;
  // always known, but where somebody asks what may hold at any time
  std::chrono::sys_seconds now{};
  bool is_any_time = false;  // conditions on time are not known
};

}  // namespace sluice::policy
