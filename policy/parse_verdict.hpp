#pragma once

#include "policy/report.hpp"
#include "policy/syntax.hpp"
#include "policy/token_stream.hpp"

namespace sluice::policy {

// True for a word that begins a rule.
bool begins_verdict(const Token& first) noexcept;

// What a rule says, up to its conditions, and the conditions that its words stand for. False when an error was
// reported. REQUIRES: begins_verdict().
bool parse_verdict(const Token& first, TokenStream& tokens, Report& report, RuleSyntax& rule);

}  // namespace sluice::policy
