#include "policy/lexer.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {
namespace {

void append(const std::vector<ConditionSyntax>& conditions, std::string& out) {
  for (const ConditionSyntax& condition : conditions) {
    out += ' ';
    out += condition.text;
  }
}

}  // namespace

std::string effect_text(const RuleSyntax& rule) {
  std::string text(to_string(rule.verdict));
  append(rule.conditions, text);
  if (!rule.exceptions.empty()) { text += " unless"; }
  append(rule.exceptions, text);
  return text;
}

std::string canonical_text(const RuleSyntax& rule) {
  std::string text = effect_text(rule);
  if (!rule.reason.empty()) { text += " reason " + quoted(rule.reason); }
  if (rule.has_own_id) { text += " id " + rule.id; }
  return text;
}

}  // namespace sluice::policy
