#pragma once

#include "policy/report.hpp"
#include "policy/syntax.hpp"
#include "policy/token_stream.hpp"
#include "policy/value_sets.hpp"

namespace sluice::policy {

// True for a word that begins a setting line. (`set` does when `request` or `response` follows.)
bool begins_setting(const Token& first, const Token& second) noexcept;

// What a setting line sets, up to its conditions. False when an error was reported. REQUIRES: begins_setting().
bool parse_setting(const Token& first, TokenStream& tokens, Report& report, const ValueSets& sets, RuleSyntax& rule);

}  // namespace sluice::policy
