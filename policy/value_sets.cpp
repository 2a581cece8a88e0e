#include "policy/value_sets.hpp"

#include <utility>

#include "policy/nearest.hpp"
#include "policy/reserved.hpp"
#include "policy/values.hpp"

namespace sluice::policy {

void ValueSets::define(TokenStream& tokens, Report& report) {
  const Token name = tokens.peek();
  if (name.kind != Token::Kind::word || !is_net_name(name.text)) {
    return report.error(name.at, "`set` takes a name of letters, digits, `-`, `_`, not " + name_of(name));
  }
  tokens.take();
  if (is_reserved(name.text)) {
    report.error(name.at, name_of(name) + " is a word of the language; call the set by another name");
  }
  Set set{.values = {}, .at = name.at};
  do {
    const Token value = tokens.peek();
    if (value.kind != Token::Kind::word && value.kind != Token::Kind::quoted) {
      report.error(value.at, "a value expected, not " + name_of(value));
      break;
    }
    if (value.text.starts_with('@')) { report.error(value.at, "a set is made of values, not of other sets"); }
    set.values.push_back(tokens.take());
  } while (tokens.take_if(Token::Kind::comma));
  if (!tokens.is_at_end()) {
    const Token rest = tokens.take();
    report.error(rest.at, name_of(rest) + " where the line should end; between two values stands a comma");
  }
  const auto [other, is_new] = sets_.emplace(name.text, std::move(set));
  if (is_new) { return; }
  report.error(name.at,
               "the set `" + name.text + "` is defined on line " + std::to_string(other->second.at.line) + " already");
}

const std::vector<Token>* ValueSets::find(const Token& use, Report& report) const {
  const std::string_view name = std::string_view(use.text).substr(1);
  const auto set = sets_.find(name);
  if (set != sets_.end()) { return &set->second.values; }
  std::vector<std::string_view> known;
  for (const auto& [defined, values] : sets_) { known.push_back(defined); }
  const std::string hint = did_you_mean(name, known);
  report.error(use.at, "unknown set `" + std::string(name) + '`' +
                           (hint.empty() ? "; define it with `set " + std::string(name) + " VALUE, ...`" : hint));
  return nullptr;
}

}  // namespace sluice::policy
