#include "policy/covering.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/values.hpp"
#include "policy/word_match.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostComparisons = 2'000'000;
constexpr std::size_t kMostPrefixes = 4096;  // of a condition that is compared

bool is_below(const HostPattern& wide, const HostPattern& narrow) noexcept {
  if (is_every_host(wide)) { return true; }
  if (!wide.is_suffix) { return !narrow.is_suffix && wide.name == narrow.name; }
  const std::string& name = narrow.name;
  if (!name.ends_with(wide.name)) { return false; }
  return name.size() == wide.name.size() || name[name.size() - wide.name.size() - 1] == '.';
}

bool is_within(const PortRange& wide, const PortRange& narrow) noexcept {
  return wide.first <= narrow.first && narrow.last <= wide.last;
}

bool is_word_within(Subject subject, const std::string& wide, const std::string& narrow) noexcept {
  switch (subject) {
    case Subject::path:
      return is_below_path(wide, narrow);
    case Subject::type:
      return is_media_type(wide, narrow) || wide == narrow;
    case Subject::listener:
      return is_listener(wide, narrow) || wide == narrow;
    case Subject::query:
      return wide == narrow || (wide.find('=') == wide.npos && is_parameter(wide, narrow) && !narrow.ends_with('*'));
    default:
      return wide == narrow;
  }
}

template <typename Value, typename Within>
bool all_within(const std::vector<Value>& wide, const std::vector<Value>& narrow, Within within) {
  return std::ranges::all_of(narrow, [&](const Value& value) {
    return std::ranges::any_of(wide, [&](const Value& other) { return within(other, value); });
  });
}

// A condition with the addresses that it stands for.
struct Prepared {
  const ConditionSyntax* syntax;
  std::vector<Prefix> prefixes;
};

struct PreparedRule {
  const RuleSyntax* syntax;
  std::vector<Prepared> conditions;
  std::string exceptions;  // canonical
};

bool prefixes_within(const Prepared& wide, const Prepared& narrow) {
  if (wide.prefixes.size() > kMostPrefixes || narrow.prefixes.size() > kMostPrefixes) {
    return wide.syntax->text == narrow.syntax->text;
  }
  return all_within(wide.prefixes, narrow.prefixes,
                    [](const Prefix& a, const Prefix& b) { return a.bits() <= b.bits() && a.contains(b.address()); });
}

std::int64_t number_of(const std::optional<Date>& date) noexcept {
  return date ? date->year * 10'000LL + date->month * 100 + date->day : 0;
}

// Windows of days and hours; of dates the same ones, or any.
bool is_window_within(const TimeWindow& wide, const TimeWindow& narrow) noexcept {
  const bool has_days = (narrow.days & ~wide.days) == 0;
  const bool has_dates = !wide.first_date || (number_of(wide.first_date) == number_of(narrow.first_date) &&
                                              number_of(wide.last_date) == number_of(narrow.last_date));
  const bool is_same = wide.first == narrow.first && wide.last == narrow.last;
  const bool has_minutes = narrow.first < narrow.last && wide.first <= narrow.first && narrow.last <= wide.last;
  return has_days && has_dates && (is_same || has_minutes);
}

// By one clock.
bool is_time_within(const TimeTerms& wide, const TimeTerms& narrow) {
  return wide.zone == narrow.zone && all_within(wide.windows, narrow.windows, is_window_within) &&
         all_within(wide.names, narrow.names, [](const TimeName& x, const TimeName& y) { return x.name == y.name; });
}

bool is_until_within(const DayTime& wide, const DayTime& narrow) noexcept {
  const auto moment = [](const DayTime& time) { return std::pair(number_of(time.date), time.minute); };
  return wide.zone == narrow.zone && moment(narrow) <= moment(wide);
}

// Does `wide` hold whenever `narrow` does, negations left aside?
bool holds_within(const Prepared& wide, const Prepared& narrow) {
  const ConditionSyntax& a = *wide.syntax;
  const ConditionSyntax& b = *narrow.syntax;
  switch (a.subject) {
    case Subject::from:
    case Subject::to:
      return prefixes_within(wide, narrow);
    case Subject::authority:
    case Subject::sni:
    case Subject::host:
      return all_within(a.hosts, b.hosts, is_below);
    case Subject::port:
    case Subject::status:
      return all_within(a.ports, b.ports, is_within);
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
    case Subject::user:
      return all_within(a.words, b.words,
                        [&](const std::string& x, const std::string& y) { return is_word_within(a.subject, x, y); });
    case Subject::group:
      return all_within(a.groups, b.groups, [](const GroupName& x, const GroupName& y) { return x.name == y.name; });
    case Subject::url:
    case Subject::field:
    case Subject::response_field:
      return lower_case(a.name) == lower_case(b.name) &&
             all_within(a.expressions, b.expressions,
                        [](const Expression& x, const Expression& y) { return x.text == y.text; });
    case Subject::category:
    case Subject::list:
      // What holds by one list, exceptions included, does not hang on which others are asked for.
      return all_within(a.list_names, b.list_names,
                        [](const NetName& x, const NetName& y) { return x.name == y.name; });
    case Subject::size:
      return a.is_over == b.is_over && (a.is_over ? a.size <= b.size : a.size >= b.size);
    case Subject::during:
      return is_time_within(a.times, b.times);
    case Subject::until:
      return is_until_within(a.until, b.until);
    case Subject::ech:
    case Subject::inconsistent:
      break;
  }
  const auto plain = [](const ConditionSyntax& c) { return c.is_negated ? c.text.substr(4) : c.text; };
  return plain(a) == plain(b);
}

bool implies(const Prepared& narrow, const Prepared& wide) {
  if (narrow.syntax->subject != wide.syntax->subject || narrow.syntax->is_negated != wide.syntax->is_negated) {
    return false;
  }
  return wide.syntax->is_negated ? holds_within(narrow, wide) : holds_within(wide, narrow);
}

bool covers(const PreparedRule& wide, const PreparedRule& narrow) {
  if (!wide.exceptions.empty() && wide.exceptions != narrow.exceptions) { return false; }
  return std::ranges::all_of(wide.conditions, [&](const Prepared& condition) {
    return std::ranges::any_of(narrow.conditions, [&](const Prepared& other) { return implies(other, condition); });
  });
}

// Do both say something about the same? Verdicts do; settings of one kind, and of one field, do.
bool compete(const RuleSyntax& first, const RuleSyntax& second) {
  if (!first.setting || !second.setting) { return !first.setting && !second.setting; }
  return first.setting->kind == second.setting->kind &&
         lower_case(first.setting->name) == lower_case(second.setting->name);
}

// `connect to` has the host as its name: it competes with every other one. What lets pass without naming PURGE is
// passed over for it, so that a rule below it that names PURGE is reached.
bool may_cover(const RuleSyntax& first, const RuleSyntax& second) {
  const bool is_passed_over = !first.setting && lets_pass(first.verdict) && !first.names_purge();
  if (is_passed_over && second.names_purge()) { return false; }
  const bool both_connect = first.setting && second.setting && first.setting->kind == SettingKind::connect_to &&
                            second.setting->kind == SettingKind::connect_to;
  return both_connect || compete(first, second);
}

// `from ::/0`, `port 0-65535`. (`to ::/0` does not hold where another proxy resolves.)
bool always_holds(const Prepared& condition) {
  const ConditionSyntax& syntax = *condition.syntax;
  if (syntax.is_negated) { return false; }
  const auto is_everything = [](const Prefix& prefix) { return prefix.bits() == 0; };
  const auto is_every_port = [](const PortRange& range) { return range.first == 0 && range.last == 65535; };
  return (syntax.subject == Subject::from && std::ranges::any_of(condition.prefixes, is_everything)) ||
         (syntax.subject == Subject::port && std::ranges::any_of(syntax.ports, is_every_port));
}

PreparedRule prepared(const RuleSyntax& rule, const NetTable& nets, Report& report) {
  PreparedRule out{&rule, {}, {}};
  for (const ConditionSyntax& syntax : rule.implied) { out.conditions.push_back({&syntax, {}}); }
  for (const ConditionSyntax& syntax : rule.conditions) {
    Prepared condition{&syntax, {}};
    const bool has_addresses = syntax.subject == Subject::from || syntax.subject == Subject::to;
    if (has_addresses) { condition.prefixes = nets.resolve(syntax.addresses, report).value_or(std::vector<Prefix>{}); }
    if (!always_holds(condition)) { out.conditions.push_back(std::move(condition)); }
  }
  for (const ConditionSyntax& condition : rule.exceptions) { out.exceptions += condition.text + ' '; }
  return out;
}

// Do both together always hold: one by a condition, the other by its negation? PURGE, which may be passed over by one
// of them, is denied when nothing allows it.
bool leave_nothing(const PreparedRule& first, const PreparedRule& second) {
  const auto is_single = [](const PreparedRule& rule) {
    return !rule.syntax->setting && rule.exceptions.empty() && rule.conditions.size() == 1;
  };
  if (!is_single(first) || !is_single(second)) { return false; }
  const Prepared& one = first.conditions.front();
  const Prepared& other = second.conditions.front();
  return one.syntax->subject == other.syntax->subject && one.syntax->is_negated != other.syntax->is_negated &&
         (one.syntax->is_negated ? holds_within(other, one) : holds_within(one, other));
}

std::string where(const RuleSyntax& rule, const RuleSyntax& from, const Report& report) {
  const std::string line = "line " + std::to_string(rule.at.line);
  return rule.at.source == from.at.source ? line : line + " of " + report.file(rule.at.source);
}

// The two rules, when the default has nothing left.
std::optional<std::string> cover_of_default(const std::vector<PreparedRule>& ahead, const RuleSyntax& rule,
                                            const Report& report) {
  if (rule.setting || !rule.is_unconditional()) { return std::nullopt; }
  for (auto second = ahead.begin(); second != ahead.end(); ++second) {
    const auto first =
        std::find_if(ahead.begin(), second, [&](const PreparedRule& one) { return leave_nothing(one, *second); });
    if (first == second) { continue; }
    return "the default is never reached: " + where(*first->syntax, rule, report) + " and " +
           where(*second->syntax, rule, report) + " together always hold";
  }
  return std::nullopt;
}

std::string warning_for(const PreparedRule& wide, const PreparedRule& narrow, const Report& report) {
  const RuleSyntax& rule = *narrow.syntax;
  const std::string line = where(*wide.syntax, rule, report);
  if (rule.setting) { return "this setting never applies: " + line + " holds whenever it does"; }
  if (wide.syntax->is_unconditional()) {
    return "this rule is never reached: " + line + " decides everything that is left";
  }
  if (rule.is_unconditional()) { return "the default is never reached: " + line + " always holds"; }
  return "this rule is never reached: " + line + " holds whenever it does";
}

}  // namespace

void warn_of_covered(const PolicySyntax& policy, const NetTable& nets, Report& report) {
  std::vector<PreparedRule> ahead;
  std::size_t comparisons = 0;
  for (const RuleSyntax& rule : policy.rules) {
    PreparedRule next = prepared(rule, nets, report);
    comparisons += ahead.size();
    if (comparisons > kMostComparisons) { return; }
    const auto cover = std::ranges::find_if(
        ahead, [&](const PreparedRule& other) { return may_cover(*other.syntax, rule) && covers(other, next); });
    if (cover != ahead.end()) {
      report.warning(rule.at, warning_for(*cover, next, report));
    } else if (const auto both = cover_of_default(ahead, rule, report)) {
      report.warning(rule.at, *both);
    } else if (!rule.is_shadow) {
      // What never applies covers nothing that the rule ahead of it does not cover.
      ahead.push_back(std::move(next));
    }
  }
}

}  // namespace sluice::policy
