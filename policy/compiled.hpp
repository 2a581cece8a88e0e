#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/condition.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

// What a Snapshot is made of.
struct Snapshot::Compiled {
  // A rule as decide() reads it: two runs of `conditions`, those that must hold and those behind `unless`.
  struct Test {
    std::uint32_t begin = 0;
    std::uint32_t exceptions = 0;
    std::uint32_t end = 0;
  };

  std::string text;
  std::uint64_t version = 0;
  std::vector<Rule> rules;
  std::vector<ListDeclaration> lists;
  std::vector<Test> tests;  // of the rule with the same index
  std::vector<Condition> conditions;
  ConditionTables tables;
  std::vector<Diagnostic> warnings;

  Truth of(const Test& test, Evaluation& evaluation) const;
};

}  // namespace sluice::policy
