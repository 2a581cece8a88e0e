#include "policy/condition_compiler.hpp"

#include <algorithm>
#include <utility>

#include "policy/values.hpp"

namespace sluice::policy {
namespace {

// Nets are stored again for each condition that names them.
constexpr std::size_t kMostPrefixes = 4'000'000;
// Each has a set of expressions of its own.
constexpr std::size_t kMostFields = 100;

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
    case Subject::authority:
    case Subject::sni:
    case Subject::host:
      condition.first = append(tables_.hosts, HostIndex(syntax.hosts));
      break;
    case Subject::port:
    case Subject::status:
      condition.first = append(tables_.ports, syntax.ports);
      break;
    case Subject::listener:
    case Subject::mode:
    case Subject::protocol:
    case Subject::interface:
    case Subject::alpn:
    case Subject::method:
    case Subject::scheme:
    case Subject::path:
    case Subject::query:
    case Subject::type:
      condition.first = append(tables_.words, syntax.words);
      break;
    case Subject::category:
    case Subject::list:
      condition.first = append(tables_.list_conditions, ListCondition(*tables_.lists, lists_.tags_of(syntax, report_)));
      break;
    case Subject::user:
      condition.first = append(tables_.users, UserSet(syntax.words, {}));
      break;
    case Subject::group:
      condition.first = group(syntax);
      break;
    case Subject::during:
      condition.first = schedule(syntax);
      break;
    case Subject::until:
      condition.first = append(tables_.instants, TimeTable::resolve(syntax.until, report_));
      break;
    case Subject::size:
      condition.first = append(tables_.sizes, syntax.size);
      condition.is_over = syntax.is_over;
      break;
    case Subject::ech:
    case Subject::inconsistent:
      break;
    case Subject::url:
      expressions(syntax, tables_.urls, expressions_, condition);
      break;
    case Subject::field:
    case Subject::response_field:
      field(syntax, condition);
      break;
  }
  return condition;
}

bool ConditionCompiler::finish() {
  const auto compile_set = [](const FieldPatterns& field) { return field.patterns->compile(); };
  return tables_.urls.compile() && std::ranges::all_of(tables_.fields, compile_set);
}

std::uint32_t ConditionCompiler::schedule(const ConditionSyntax& syntax) {
  auto schedule = times_.resolve(syntax.times, report_);
  return schedule == nullptr ? 0 : append(tables_.schedules, std::move(schedule));
}

std::uint32_t ConditionCompiler::group(const ConditionSyntax& syntax) {
  auto users = groups_.resolve(syntax.groups, report_);
  if (!users) { return 0; }
  std::vector<std::string> names;
  for (const GroupName& group : syntax.groups) { names.push_back(group.name); }
  return append(tables_.users, UserSet(std::move(*users), std::move(names)));
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

void ConditionCompiler::expressions(const ConditionSyntax& syntax, UrlPatterns& patterns, std::uint32_t& count,
                                    Condition& condition) {
  condition.first = condition.last = count;
  for (const Expression& expression : syntax.expressions) {
    const auto number = patterns.add(expression.text);
    if (!number) {
      report_.error(place_in(expression, number.error().offset),
                    "this expression is not understood: " + number.error().message);
      continue;
    }
    condition.last = count = *number + 1;
  }
}

void ConditionCompiler::field(const ConditionSyntax& syntax, Condition& condition) {
  const std::string name = lower_case(syntax.name);
  auto field = std::ranges::find(tables_.fields, name, &FieldPatterns::name);
  if (field == tables_.fields.end()) {
    if (tables_.fields.size() == kMostFields) {
      return report_.error(syntax.at, "the rules up to here ask for more than 100 fields");
    }
    tables_.fields.push_back({name, std::make_unique<UrlPatterns>(), 0});
    field = tables_.fields.end() - 1;
  }
  condition.table = static_cast<std::uint16_t>(field - tables_.fields.begin());
  expressions(syntax, *field->patterns, field->count, condition);
}

}  // namespace sluice::policy
