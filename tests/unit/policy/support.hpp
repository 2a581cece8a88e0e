#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <strings.h>

#include "policy/snapshot.hpp"

namespace sluice::policy::test {

using SnapshotPtr = std::shared_ptr<const Snapshot>;

// The compiled policy; a text with errors fails the test and gives null.
inline SnapshotPtr compiled(std::string_view text, const CompileOptions& options = {}) {
  auto policy = Snapshot::compile(text, options);
  if (policy) { return *policy; }
  for (const Diagnostic& diagnostic : policy.error()) { ADD_FAILURE() << diagnostic.text(); }
  return nullptr;
}

inline std::vector<Diagnostic> errors_of(std::string_view text) {
  auto policy = Snapshot::compile(text, {});
  return policy ? std::vector<Diagnostic>{} : policy.error();
}

inline Address address(std::string_view text) {
  return Address::parse(text).value();
}

// The fields of a message as a list.
struct Message {
  std::vector<std::pair<std::string, std::string>> fields;

  FieldLines lines() const {
    return {this, [](const void* message, std::string_view name, FieldLines::Visit visit, void* context) {
              for (const auto& [own, value] : static_cast<const Message*>(message)->fields) {
                if (::strcasecmp(own.c_str(), std::string(name).c_str()) == 0 && visit(context, value)) { return true; }
              }
              return false;
            }};
  }
};

// A request of which everything is known, its response not yet.
inline Facts a_request() {
  Facts facts;
  facts.client = address("10.1.2.3");
  facts.destination = address("192.0.2.7");
  facts.port = 80;
  facts.protocol = "tcp";
  facts.interface = "";
  facts.host = "www.example.com";
  facts.scheme = "http";
  facts.method = "GET";
  facts.url = "http://www.example.com/";
  facts.path_and_query = "/";
  facts.listener = "192.0.2.1:3128";
  facts.mode = "explicit";
  facts.authority = "";
  return facts;
}

}  // namespace sluice::policy::test
