#pragma once

#include <optional>

#include "policy/report.hpp"
#include "policy/syntax.hpp"
#include "policy/token_stream.hpp"

namespace sluice::policy {

// What a word asks about; nullopt when it begins no condition.
std::optional<Subject> subject_of(const Token& token) noexcept;

// The list of values behind `condition.subject`, and the condition's canonical text. False when an error was reported.
bool parse_values(TokenStream& tokens, Report& report, ConditionSyntax& condition);

// A list of addresses, prefixes and names of nets, and its canonical text. False when an error was reported.
bool parse_addresses(TokenStream& tokens, Report& report, AddressTerms& terms, std::string& text);

}  // namespace sluice::policy
