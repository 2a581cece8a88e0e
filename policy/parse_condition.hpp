#pragma once

#include <optional>
#include <string>

#include "policy/report.hpp"
#include "policy/syntax.hpp"
#include "policy/token_stream.hpp"
#include "policy/value_sets.hpp"

namespace sluice::policy {

// What a word asks about; nullopt when it begins no condition.
std::optional<Subject> subject_of(const Token& token) noexcept;

// True for a word that begins the next part of a rule, and so is no value: a host of such a name is written with a dot
// behind it.
bool begins_next_part(const Token& token) noexcept;

// The list of values behind `condition.subject`, and the condition's canonical text. False when an error was reported.
bool parse_values(TokenStream& tokens, Report& report, const ValueSets& sets, ConditionSyntax& condition);

// A list of addresses, prefixes and names of nets, and its canonical text. False when an error was reported.
bool parse_addresses(TokenStream& tokens, Report& report, const ValueSets& sets, AddressTerms& terms,
                     std::string& text);

// A list of users, and its canonical text. False when an error was reported.
bool parse_users(TokenStream& tokens, Report& report, const ValueSets& sets, std::vector<std::string>& users,
                 std::string& text);

}  // namespace sluice::policy
