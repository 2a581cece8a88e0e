#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "policy/parse_condition.hpp"
#include "policy/token_stream.hpp"
#include "policy/value_sets.hpp"

namespace sluice::policy {

// Hands each value of a list to `keep`, which gives its canonical text or says what is wrong with it; `@NAME` stands
// for the values of that set. Values are joined by commas; the first one must be there. False when an error was
// reported.
template <typename Keep>
bool parse_list(TokenStream& tokens, Report& report, const ValueSets& sets, std::string_view expected, Token::Kind kind,
                std::string& text, Keep keep) {
  bool is_good = true;
  const auto append = [&](std::string_view item) {
    if (!text.empty()) { text += ", "; }
    text += item;
  };
  const auto keep_one = [&](const Token& value) -> std::string {
    const std::expected<std::string, std::string> kept = keep(value);
    if (kept) { return *kept; }
    report.error(value.at, kept.error());
    is_good = false;
    return {};
  };
  const auto keep_set = [&](const Token& use) {
    const auto* const values = sets.find(use, report);
    is_good = is_good && values != nullptr;
    if (values == nullptr) { return; }
    for (const Token& value : *values) {
      if (value.kind == kind) {
        keep_one(value);
      } else {
        report.error(value.at, std::string(expected) + " expected, not " + name_of(value) + ", where `" + use.text +
                                   "` is used on line " + std::to_string(use.at.line));
        is_good = false;
      }
    }
    append(use.text);
  };
  do {
    const Token value = tokens.peek();
    const bool is_missing = begins_next_part(value);
    const bool is_set = value.kind == Token::Kind::word && value.text.size() > 1 && value.text.starts_with('@');
    if (!is_set && (value.kind != kind || is_missing)) {
      report.error(value.at, std::string(expected) + " expected, not " + name_of(value));
      is_good = false;
      // A value of the wrong kind is still the value: the next word is not.
      const bool is_value = value.kind == Token::Kind::quoted || value.kind == Token::Kind::word;
      if (is_value && !is_missing) { tokens.take(); }
      continue;
    }
    tokens.take();
    if (is_set) {
      keep_set(value);
    } else if (const std::string kept = keep_one(value); !kept.empty()) {
      append(kept);
    }
  } while (tokens.take_if(Token::Kind::comma));
  return is_good;
}

}  // namespace sluice::policy
