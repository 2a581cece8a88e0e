#pragma once

#include "policy/condition.hpp"
#include "policy/group_table.hpp"
#include "policy/list_names.hpp"
#include "policy/net_table.hpp"
#include "policy/report.hpp"
#include "policy/syntax.hpp"
#include "policy/time_table.hpp"

namespace sluice::policy {

// Turns the syntax of conditions into entries of the tables, and reports expressions, nets and times that are wrong.
// Lifetime: of one compilation; all arguments must outlive it.
class ConditionCompiler {
 public:
  ConditionCompiler(const NetTable& nets, const TimeTable& times, const ListNames& lists, const GroupTable& groups,
                    Report& report, ConditionTables& tables)
      : nets_(nets), times_(times), lists_(lists), groups_(groups), report_(report), tables_(tables) {}

  Condition compile(const ConditionSyntax& syntax);
  // Behind the last condition. False when expressions together need more memory than is allowed.
  [[nodiscard]] bool finish();

 private:
  std::uint32_t addresses(const ConditionSyntax& syntax);
  std::uint32_t schedule(const ConditionSyntax& syntax);
  void expressions(const ConditionSyntax& syntax, UrlPatterns& patterns, std::uint32_t& count, Condition& condition);
  std::uint32_t group(const ConditionSyntax& syntax);
  void field(const ConditionSyntax& syntax, Condition& condition);

  const NetTable& nets_;
  const TimeTable& times_;
  const ListNames& lists_;
  const GroupTable& groups_;
  Report& report_;
  ConditionTables& tables_;
  std::uint32_t expressions_ = 0;
  std::size_t prefixes_ = 0;
};

}  // namespace sluice::policy
