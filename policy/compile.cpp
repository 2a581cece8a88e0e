#include <algorithm>
#include <utility>

#include "policy/checks.hpp"
#include "policy/compiled.hpp"
#include "policy/condition_compiler.hpp"
#include "policy/net_table.hpp"
#include "policy/parse.hpp"
#include "policy/rule_ids.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kLargestText = 4 << 20;

Rule rule_of(const RuleSyntax& syntax) {
  Rule rule{.id = syntax.id,
            .verdict = syntax.verdict,
            .text = canonical_text(syntax),
            .reason = syntax.reason,
            .line = syntax.at.line};
  for (const auto* conditions : {&syntax.conditions, &syntax.exceptions}) {
    for (const ConditionSyntax& condition : *conditions) {
      rule.stage = std::max(rule.stage, stage_of(condition.subject));
    }
  }
  return rule;
}

std::vector<Diagnostic> too_large(const CompileOptions& options) {
  return {{Diagnostic::Severity::error, options.file_name, 1, 1, "a policy text of more than 4 MiB", {}}};
}

}  // namespace

std::expected<std::shared_ptr<const Snapshot>, std::vector<Diagnostic>> Snapshot::compile(
    std::string_view text, const CompileOptions& options) {
  if (text.size() > kLargestText) { return std::unexpected(too_large(options)); }
  Report report(options.file_name, text);
  PolicySyntax policy = parse(report);
  assign_ids(policy, report);
  check_rules(policy, report);

  auto compiled = std::make_unique<Compiled>();
  const NetTable nets(policy.nets, options.self, report);
  compiled->tables.lists = options.lists != nullptr ? options.lists : std::make_shared<const Lists>();
  const ListNames lists(policy.lists, *compiled->tables.lists, report);
  ConditionCompiler compiler(nets, lists, report, compiled->tables);
  const auto append = [&](const std::vector<ConditionSyntax>& conditions) {
    for (const ConditionSyntax& condition : conditions) { compiled->conditions.push_back(compiler.compile(condition)); }
    return static_cast<std::uint32_t>(compiled->conditions.size());
  };
  for (const RuleSyntax& rule : policy.rules) {
    Compiled::Test test{.begin = static_cast<std::uint32_t>(compiled->conditions.size())};
    test.exceptions = append(rule.conditions);
    test.end = append(rule.exceptions);
    compiled->tests.push_back(test);
    compiled->rules.push_back(rule_of(rule));
  }
  if (!report.has_errors() && !compiled->tables.urls.compile()) {
    report.error({1, 1}, "the `url` expressions of this policy together need more than 32 MiB; leave some out");
  }
  if (report.has_errors()) { return std::unexpected(std::move(report).errors()); }

  compiled->lists = std::move(policy.lists);
  compiled->text = text;
  compiled->version = options.version;
  compiled->warnings = std::move(report).warnings();
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(compiled)));
}

}  // namespace sluice::policy
