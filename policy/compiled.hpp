#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/condition.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

// What a Snapshot is made of.
struct Snapshot::Compiled {
  // A rule as it is judged: two runs of `conditions`, those that must hold and those behind `unless`.
  struct Test {
    std::uint32_t begin = 0;
    std::uint32_t exceptions = 0;
    std::uint32_t end = 0;
    std::uint32_t rule = 0;  // index into `rules`
    Verdict verdict = Verdict::undecided;
    bool is_shadow = false;
  };
  struct SettingTest {
    Test test;
    Setting setting;
  };

  std::string text;
  std::string file_name;
  std::vector<Source> included;
  std::uint64_t version = 0;
  std::vector<ListDeclaration> lists;
  std::vector<TestCase> cases;
  std::vector<Rule> rules;                     // verdicts and settings
  std::vector<Test> all_tests;                 // of the rule with the same index
  std::vector<Test> tests;                     // of the verdicts, in their order
  std::vector<SettingTest> request_settings;   // chosen at SettingStage::request
  std::vector<SettingTest> response_settings;  // chosen at SettingStage::response
  bool has_response_verdicts = false;          // a verdict may depend on the response
  bool asks_for_users = false;                 // a rule or setting does
  bool asks_for_hello = false;                 // a verdict does, in shadow or not
  std::vector<std::string> groups;             // names of those that are defined, sorted
  std::vector<Condition> conditions;
  ConditionTables tables;
  Pac pac;
  std::vector<Diagnostic> warnings;

  Truth of(const Test& test, Evaluation& evaluation) const;
  // Is it not yet known, and might be known if it were known who the user is?
  bool waits_for_user(const Test& test, Evaluation& evaluation) const;
  // REQUIRES: the verdict of `tests[which]` is `redirect`.
  bool leads_back(std::size_t which) const;
  // Redirects whose clients they send away again and again, where that can be told.
  void warn_of_loops(const PolicySyntax& policy, Report& report) const;
};

}  // namespace sluice::policy
