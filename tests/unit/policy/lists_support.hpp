#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "policy/lists/list_compiler.hpp"
#include "policy/lists/lists.hpp"

namespace sluice::policy::test {

// Compiled octets at an address that a mapping would have.
inline std::expected<std::shared_ptr<const ListSet>, OpenError> opened(std::string_view octets) {
  auto copy = std::make_shared<std::vector<std::uint64_t>>(octets.size() / 8 + 1);
  std::ranges::copy(octets, reinterpret_cast<char*>(copy->data()));
  const auto* data = reinterpret_cast<const char*>(copy->data());
  return ListSet::open({data, octets.size()}, copy);
}

inline std::string octets_of(ListCompiler& compiler, std::string_view origin = "") {
  auto compiled = compiler.finish(origin);
  if (!compiled) {
    ADD_FAILURE() << "does not compile";
    return {};
  }
  return std::move(compiled->octets);
}

inline std::shared_ptr<const ListSet> set_of(ListCompiler& compiler) {
  auto set = opened(octets_of(compiler));
  if (!set) {
    ADD_FAILURE() << to_string(set.error());
    return nullptr;
  }
  return *set;
}

// "list/category: entry at line" of everything found, sorted.
inline std::multiset<std::string> texts(const ListHits& found) {
  std::multiset<std::string> all;
  for (const ListHit& hit : found.hits) {
    const ListEntryText text = hit.set->describe(hit);
    all.insert(text.list + "/" + text.category + ": " + text.entry + " at " + std::to_string(text.line));
  }
  return all;
}

}  // namespace sluice::policy::test
