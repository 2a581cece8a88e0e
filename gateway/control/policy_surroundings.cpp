#include "gateway/control/policy_surroundings.hpp"

#include <algorithm>

#include "gateway/control/judge/judge.hpp"
#include "policy/lexer.hpp"

namespace sluice::control {
namespace {

// `at`: in the policy's own text or in one that it includes.
Diagnostic warning(const policy::Snapshot& policy, std::string message, policy::Position at = {}) {
  policy::Diagnostic diagnostic;
  diagnostic.severity = policy::Diagnostic::Severity::warning;
  const auto included = static_cast<std::size_t>(at.source);
  diagnostic.file = at.source == 0 ? policy.file_name() : policy.included()[included - 1].file;
  diagnostic.line = at.line;
  diagnostic.column = at.column;
  diagnostic.message = std::move(message);
  return to_protocol(diagnostic);
}

void warn_of_lists(const policy::Snapshot& policy, const PolicySurroundings& around,
                   std::vector<Diagnostic>& warnings) {
  if (!around.list_problems || policy.list_declarations().empty()) { return; }
  for (const ListProblem& problem : around.list_problems(policy.list_declarations())) {
    const auto& declared = policy.list_declarations();
    const auto list = std::ranges::find(declared, problem.list, &policy::ListDeclaration::name);
    warnings.push_back(warning(policy, problem.text(), list == declared.end() ? policy::Position{} : list->at));
  }
}

void warn_of_users(const policy::Snapshot& policy, const PolicySurroundings& around,
                   std::vector<Diagnostic>& warnings) {
  if (!around.has_users || around.has_users()) { return; }
  warnings.push_back(warning(policy,
                             "nobody can sign in, because auth.htpasswd names no file: no `user` and no `group` "
                             "ever holds, and `not user` always does"));
}

bool asks_for_users(const policy::Rule& rule) {
  policy::Report ignored("rule", rule.text);  // it was compiled
  return std::ranges::any_of(policy::tokens_of(rule.text, 1, ignored),
                             [](const auto& token) { return token.is("user") || token.is("group"); });
}

}  // namespace

std::vector<Diagnostic> warnings_of(const policy::Snapshot& policy, const PolicySurroundings& around) {
  auto warnings = to_protocol(policy.warnings());
  warn_of_lists(policy, around, warnings);
  if (policy.asks_for_users()) { warn_of_users(policy, around, warnings); }
  return warnings;
}

std::vector<Diagnostic> warnings_of_line(const policy::Snapshot& before, const policy::Snapshot& policy,
                                         const std::string& rule_id, const PolicySurroundings& around) {
  std::vector<Diagnostic> warnings;
  if (before.list_declarations() != policy.list_declarations()) { warn_of_lists(policy, around, warnings); }
  const auto rule = std::ranges::find(policy.rules(), rule_id, &policy::Rule::id);
  if (rule == policy.rules().end()) { return warnings; }
  for (const auto& one : policy.warnings()) {
    if (one.file == rule->file && one.line == rule->line) { warnings.push_back(to_protocol(one)); }
  }
  if (asks_for_users(*rule)) { warn_of_users(policy, around, warnings); }
  return warnings;
}

}  // namespace sluice::control
