#include "policy/implication.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "policy/values.hpp"
#include "policy/word_match.hpp"

namespace sluice::policy {
namespace {

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

bool is_prefix_within(const Prefix& wide, const Prefix& narrow) noexcept {
  return wide.bits() <= narrow.bits() && wide.contains(narrow.address());
}

bool prefixes_within(const ComparedCondition& wide, const ComparedCondition& narrow) {
  if (wide.prefixes.size() > kMostPrefixes || narrow.prefixes.size() > kMostPrefixes) {
    return wide.syntax->text == narrow.syntax->text;
  }
  return all_within(wide.prefixes, narrow.prefixes, is_prefix_within);
}

std::int64_t number_of(const Date& date) noexcept {
  return date.year * 10'000LL + date.month * 100 + date.day;
}

bool is_until_within(const DayTime& wide, const DayTime& narrow) noexcept {
  const auto moment = [](const DayTime& time) { return std::pair(number_of(time.date), time.minute); };
  return wide.zone == narrow.zone && moment(narrow) <= moment(wide);
}

// `user alice` within `group staff`.
bool are_members(const ComparedCondition& group, const ComparedCondition& user) {
  return group.syntax->subject == Subject::group && user.syntax->subject == Subject::user &&
         std::ranges::all_of(user.syntax->words,
                             [&](const std::string& name) { return std::ranges::binary_search(group.members, name); });
}

template <typename Value, typename Within>
bool have_none_in_common(const std::vector<Value>& first, const std::vector<Value>& second, Within within) {
  return std::ranges::none_of(first, [&](const Value& one) {
    return std::ranges::any_of(second, [&](const Value& other) { return within(one, other) || within(other, one); });
  });
}

bool have_common_number(const PortRange& one, const PortRange& other) noexcept {
  return one.first <= other.last && other.first <= one.last;
}

// `size over 10`, `size under 11`: no whole number is between.
bool have_no_common_size(const ConditionSyntax& one, const ConditionSyntax& other) noexcept {
  if (one.is_over == other.is_over) { return false; }
  const std::uint64_t over = one.is_over ? one.size : other.size;
  const std::uint64_t under = one.is_over ? other.size : one.size;
  return over == std::numeric_limits<std::uint64_t>::max() || under <= over + 1;
}

// Can both hold at once, negations left aside? Only of facts that have one value.
bool are_disjoint(const ComparedCondition& one, const ComparedCondition& other) {
  const ConditionSyntax& a = *one.syntax;
  const ConditionSyntax& b = *other.syntax;
  if (a.subject != b.subject) { return false; }
  switch (a.subject) {
    case Subject::from:
    case Subject::to:
      return one.prefixes.size() <= kMostPrefixes / 16 && other.prefixes.size() <= kMostPrefixes / 16 &&
             have_none_in_common(one.prefixes, other.prefixes, is_prefix_within);
    case Subject::authority:
    case Subject::sni:
    case Subject::host:
      return have_none_in_common(a.hosts, b.hosts, is_below);
    case Subject::port:
    case Subject::status:
      return have_none_in_common(a.ports, b.ports, have_common_number);
    case Subject::listener:
    case Subject::mode:
    case Subject::protocol:
    case Subject::interface:
    case Subject::method:
    case Subject::scheme:
    case Subject::path:
    case Subject::type:
    case Subject::user:
      return have_none_in_common(a.words, b.words, [&](const std::string& x, const std::string& y) {
        return is_word_within(a.subject, x, y);
      });
    case Subject::size:
      return have_no_common_size(a, b);
    default:
      return false;
  }
}

}  // namespace

ComparedCondition compared(const ConditionSyntax& condition, const PolicySyntax& policy, const NetTable& nets,
                           Report& report) {
  ComparedCondition out{.syntax = &condition, .prefixes = {}, .members = {}, .times = {}};
  if (condition.subject == Subject::from || condition.subject == Subject::to) {
    out.prefixes = nets.resolve(condition.addresses, report).value_or(std::vector<Prefix>{});
  }
  if (condition.subject == Subject::during) { out.times = TimeExtent(condition.times, policy.times); }
  for (const GroupName& name : condition.groups) {
    const auto group = std::ranges::find(policy.groups, name.name, &GroupSyntax::name);
    if (group != policy.groups.end()) {
      out.members.insert(out.members.end(), group->users.begin(), group->users.end());
    }
  }
  std::ranges::sort(out.members);
  return out;
}

bool holds_within(const ComparedCondition& wide, const ComparedCondition& narrow) {
  const ConditionSyntax& a = *wide.syntax;
  const ConditionSyntax& b = *narrow.syntax;
  if (a.subject != b.subject) { return are_members(wide, narrow); }
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
      return wide.times.covers(narrow.times);
    case Subject::until:
      return is_until_within(a.until, b.until);
    case Subject::ech:
    case Subject::inconsistent:
      break;
  }
  const auto plain = [](const ConditionSyntax& c) { return c.is_negated ? c.text.substr(4) : c.text; };
  return plain(a) == plain(b);
}

bool implies(const ComparedCondition& narrow, const ComparedCondition& wide) {
  if (narrow.syntax->is_negated == wide.syntax->is_negated) {
    return wide.syntax->is_negated ? holds_within(narrow, wide) : holds_within(wide, narrow);
  }
  return wide.syntax->is_negated && are_disjoint(narrow, wide);
}

bool excludes(const ComparedCondition& condition, const ComparedCondition& other) {
  if (condition.syntax->is_negated) { return !other.syntax->is_negated && holds_within(condition, other); }
  return other.syntax->is_negated ? holds_within(other, condition) : are_disjoint(condition, other);
}

bool always_holds(const ComparedCondition& condition) {
  const ConditionSyntax& syntax = *condition.syntax;
  if (syntax.is_negated) { return false; }
  const auto is_everything = [](const Prefix& prefix) { return prefix.bits() == 0; };
  const auto is_every_port = [](const PortRange& range) { return range.first == 0 && range.last == 65535; };
  return (syntax.subject == Subject::from && std::ranges::any_of(condition.prefixes, is_everything)) ||
         (syntax.subject == Subject::port && std::ranges::any_of(syntax.ports, is_every_port));
}

bool have_no_common_user(const ComparedCondition& user, const ComparedCondition& group) {
  return user.syntax->subject == Subject::user && group.syntax->subject == Subject::group && !user.syntax->is_negated &&
         !group.syntax->is_negated && std::ranges::none_of(user.syntax->words, [&](const std::string& name) {
           return std::ranges::binary_search(group.members, name);
         });
}

}  // namespace sluice::policy
