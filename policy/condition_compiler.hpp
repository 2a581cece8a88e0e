#pragma once

#include "policy/condition.hpp"
#include "policy/list_names.hpp"
#include "policy/net_table.hpp"
#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// Turns the syntax of conditions into entries of the tables, and reports expressions and nets that are wrong.
// Lifetime: of one compilation; all arguments must outlive it.
class ConditionCompiler {
 public:
  ConditionCompiler(const NetTable& nets, const ListNames& lists, Report& report, ConditionTables& tables)
      : nets_(nets), lists_(lists), report_(report), tables_(tables) {}

  Condition compile(const ConditionSyntax& syntax);

 private:
  std::uint32_t addresses(const ConditionSyntax& syntax);
  void urls(const ConditionSyntax& syntax, Condition& condition);

  const NetTable& nets_;
  const ListNames& lists_;
  Report& report_;
  ConditionTables& tables_;
  std::uint32_t expressions_ = 0;
  std::size_t prefixes_ = 0;
};

}  // namespace sluice::policy
