#include <algorithm>

#include "policy/lexer.hpp"
#include "policy/parse_condition.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {
namespace {

void append(const std::vector<ConditionSyntax>& conditions, std::string& out) {
  for (const ConditionSyntax& condition : conditions) {
    out += ' ';
    out += condition.text;
  }
}

// A word where it is one, else in quotes.
std::string label(const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '@' || c == '/';
  };
  const bool is_word = std::ranges::all_of(text, is_plain) && !begins_next_part({Token::Kind::word, text, {}});
  return is_word ? text : quoted(text);
}

}  // namespace

std::string effect_text(const RuleSyntax& rule) {
  std::string text = rule.action;
  append(rule.conditions, text);
  if (!rule.exceptions.empty()) { text += " unless"; }
  append(rule.exceptions, text);
  return text;
}

std::string canonical_text(const RuleSyntax& rule) {
  std::string text = effect_text(rule);
  if (rule.is_shadow) { text += " shadow"; }
  if (rule.keeps_open) { text += " keep-open"; }
  if (!rule.reason.empty()) { text += " reason " + quoted(rule.reason); }
  if (!rule.owner.empty()) { text += " owner " + label(rule.owner); }
  if (!rule.ticket.empty()) { text += " ticket " + label(rule.ticket); }
  if (rule.has_own_id) { text += " id " + rule.id; }
  return text;
}

}  // namespace sluice::policy
