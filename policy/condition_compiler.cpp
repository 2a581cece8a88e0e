#include "policy/condition_compiler.hpp"

#include <utility>

namespace sluice::policy {
namespace {

// Nets are stored again for each condition that names them.
constexpr std::size_t kMostPrefixes = 4'000'000;

template <typename Entry>
std::uint32_t append(std::vector<Entry>& table, Entry entry) {
  table.push_back(std::move(entry));
  return static_cast<std::uint32_t>(table.size() - 1);
}

// Where the octet `offset` of an expression stands in the text: behind the opening quote, and one octet further for
// each quote that is written `\"`.
Position place_in(const Expression& expression, std::size_t offset) {
  Position at = expression.at;
  at.column += 1 + static_cast<int>(offset);
  for (const char c : std::string_view(expression.text).substr(0, offset)) { at.column += c == '"' ? 1 : 0; }
  return at;
}

}  // namespace

Condition ConditionCompiler::compile(const ConditionSyntax& syntax) {
  Condition condition{.subject = syntax.subject, .is_negated = syntax.is_negated};
  switch (syntax.subject) {
    case Subject::from:
    case Subject::to:
      condition.first = addresses(syntax);
      break;
    case Subject::host:
      condition.first = append(tables_.hosts, HostIndex(syntax.hosts));
      break;
    case Subject::port:
      condition.first = append(tables_.ports, syntax.ports);
      break;
    case Subject::method:
    case Subject::scheme:
      condition.first = append(tables_.words, syntax.words);
      break;
    case Subject::category:
    case Subject::list:
      condition.first = append(tables_.list_conditions, ListCondition(*tables_.lists, lists_.tags_of(syntax, report_)));
      break;
    case Subject::url:
      urls(syntax, condition);
      break;
  }
  return condition;
}

std::uint32_t ConditionCompiler::addresses(const ConditionSyntax& syntax) {
  const auto prefixes = nets_.resolve(syntax.addresses, report_);
  if (!prefixes) { return 0; }
  prefixes_ += prefixes->size();
  if (prefixes_ > kMostPrefixes) {
    report_.error(syntax.at, "the rules up to here hold more than four million prefixes");
    return 0;
  }
  return append(tables_.addresses, AddressIndex(*prefixes));
}

void ConditionCompiler::urls(const ConditionSyntax& syntax, Condition& condition) {
  condition.first = condition.last = expressions_;
  for (const Expression& expression : syntax.expressions) {
    const auto number = tables_.urls.add(expression.text);
    if (!number) {
      report_.error(place_in(expression, number.error().offset),
                    "this expression is not understood: " + number.error().message);
      continue;
    }
    condition.last = expressions_ = *number + 1;
  }
}

}  // namespace sluice::policy
