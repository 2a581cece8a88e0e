#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/decision.hpp"

namespace sluice::policy {

// A test that stands in a policy text:
//     test "no games at work" { from 10.1.2.3 at "tue 10:00" url https://bet.example/ expect deny by HR-231 }
// Whoever runs it reads the URL as a request is read. What is not said is not known.
struct TestCase {
  using Fields = std::vector<std::pair<std::string, std::string>>;

  std::string name;
  std::string url;     // of https: asked for by CONNECT
  std::string method;  // empty: GET, or CONNECT
  std::string from;
  std::string to;
  std::string protocol;  // empty: tcp
  std::string interface;
  std::string listener;
  std::string mode;
  std::string hello;  // "tls" or "none"; empty: not known, unless one of the next three is said
  std::string sni;
  std::vector<std::string> alpn;
  bool has_ech = false;
  std::string user;
  std::string group;  // that the user is in
  std::string at;     // empty: now
  Fields fields;
  std::optional<int> status;  // with it the response is known
  std::string type;
  std::optional<std::uint64_t> size;
  Fields response_fields;
  Verdict expected = Verdict::undecided;
  std::string location;  // of a redirect; empty: any
  std::string by;        // the id of the rule that must decide; empty: any
  std::string file;
  int line = 0;
};

}  // namespace sluice::policy
