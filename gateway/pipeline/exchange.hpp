#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/cache_status.hpp"
#include "cache/stored_response.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/target_uri.hpp"
#include "gateway/http1/client_connection.hpp"
#include "gateway/pipeline/known_hello.hpp"
#include "gateway/pipeline/services.hpp"
#include "gateway/record/access_record.hpp"

namespace sluice::pipeline {

class Fill;

// One request and its response. Lives in the frame of serve_connection, which uses it for one request after the other;
// each member is written by the step named above it, and steps keep no reference.
struct Exchange {
  Exchange(Services& worker, http1::ClientConnection* from) : services(worker), client(from) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Forgets the last request; takes today's policy and configuration.
  void begin();

  cache::RequestView request_view() const noexcept { return {request.method_text, target.text, request.fields}; }
  // What the policy judges and the log names, whatever the policy changed about the request.
  const std::vector<cache::Field>& fields_as_received() const noexcept {
    return has_changed_fields ? received_fields : request.fields;
  }
  bool is_tunnel_request() const noexcept { return request.method == http::Method::connect; }

  Services& services;
  http1::ClientConnection* client;  // null for a validation of our own, behind a client's back

  // begin
  ConfigurationPtr configuration;
  PolicyPtr policy;
  std::uint64_t policy_generation = 0;  // of the policy that judged it last
  std::chrono::steady_clock::time_point start;
  std::chrono::system_clock::time_point start_time;
  HexId id{};
  std::uint64_t received_before = 0;
  std::uint64_t sent_before = 0;

  // serve_connection
  policy::Address client_address;
  std::string_view listener;   // "address:port"; of the worker's listener
  std::string_view mode;       // likewise
  std::string_view head_text;  // the request head as received; in the client's reader
  http::RequestHead request;

  // identify
  http::TargetUri target;

  // authenticate
  std::string user;                       // as verified; empty: not known
  bool has_no_user = false;               // and nobody is asked for it
  std::uint64_t accounts_generation = 0;  // of the accounts by which it was found
  bool has_signed_out = false;            // those accounts changed since, and the user is not in them as before

  // decide; connecting judges again when the address is known
  policy::Decision decision;
  bool address_matters = true;                 // each address is judged by itself; decide() may know better
  std::uint64_t unlisted_in = 0;               // as policy::Facts has it
  std::optional<policy::Address> destination;  // the address judged last
  std::string destination_text;                // of the address that a stored response came from
  policy::Settings settings;                   // those that apply to the request
  bool has_changed_fields = false;             // of the request, by those settings
  std::vector<cache::Field> received_fields;   // then: as they came

  // judge_hello
  std::unique_ptr<const KnownHello> hello;  // what the client began its tunnel with; null: that was not asked for

  // obtain
  std::string key;
  policy::Settings response_settings;      // those that apply to the response, once its head is known
  std::optional<std::string> judged_type;  // of the response, where those settings changed it
  std::string directives;                  // what governs the response in place of its Cache-Control
  cache::OwnedFields for_client_alone;     // fields of the response that are not stored, though its client gets them
  cache::CacheStatus cache_status;
  bool is_validation = false;  // something is stored, and the origin server is asked whether it still holds
  std::string upstream_text;
  std::shared_ptr<const Fill> led;  // what the response was kept in, when it was this exchange that forwarded

  // respond
  std::string out;  // what is being written
  std::string content_type;
  int status = 0;                // of the response head that was sent
  std::uint64_t sent_heads = 0;  // octets of response heads
  std::chrono::microseconds first_byte{0};
  bool keep_alive = false;  // the client's connection can take another request
  bool from_memory = false;
  bool is_tunnel = false;
  std::string kept_by;       // the rule of a newer policy that would have stopped it, had it begun later
  PolicyPtr earlier_policy;  // whose settings apply when another one ended it
  std::optional<Error> error;
};

}  // namespace sluice::pipeline
