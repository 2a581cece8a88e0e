#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

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

// A request of which everything is known.
inline Facts a_request() {
  Facts facts;
  facts.client = address("10.1.2.3");
  facts.destination = address("192.0.2.7");
  facts.port = 80;
  facts.host = "www.example.com";
  facts.scheme = "http";
  facts.method = "GET";
  facts.url = "http://www.example.com/";
  return facts;
}

}  // namespace sluice::policy::test
