#include "policy/edit.hpp"

#include <algorithm>
#include <utility>

#include "policy/nearest.hpp"
#include "policy/parse.hpp"
#include "policy/rule_ids.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {
namespace {

using Errors = std::vector<Diagnostic>;

Errors one_error(std::string file, std::string message, std::string_view excerpt = {}) {
  return {{Diagnostic::Severity::error, std::move(file), 1, 1, std::move(message), std::string(excerpt)}};
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) { return {}; }
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Where a line begins; the end of the text for the number behind the last.
std::size_t offset_of_line(std::string_view text, int number) noexcept {
  std::size_t offset = 0;
  for (; number > 1 && offset < text.size(); --number) {
    const std::size_t end = text.find('\n', offset);
    offset = end == text.npos ? text.size() : end + 1;
  }
  return offset;
}

std::string_view line_end_of(std::string_view text) noexcept {
  const std::size_t end = text.find('\n');
  return end != text.npos && end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

std::string with_line(std::string_view text, int number, std::string_view line) {
  const std::size_t offset = offset_of_line(text, number);
  const std::string_view end = line_end_of(text);
  std::string out(text.substr(0, offset));
  if (!out.empty() && out.back() != '\n') { out += end; }
  out += line;
  out += end;
  out += text.substr(offset);
  return out;
}

std::string without_line(std::string_view text, int number) {
  std::string out(text.substr(0, offset_of_line(text, number)));
  out += text.substr(offset_of_line(text, number + 1));
  return out;
}

bool has_plain(const RuleSyntax& rule, Subject subject) noexcept {
  return !rule.setting && std::ranges::any_of(rule.conditions, [&](const ConditionSyntax& condition) {
    return condition.subject == subject && !condition.is_negated;
  });
}

// Holds for some destinations only because of where they are. `not to` and `unless to` open more than they name.
bool is_about_destination(const RuleSyntax& rule) noexcept {
  return has_plain(rule, Subject::to);
}
// Holds only where names contradict each other.
bool is_about_names(const RuleSyntax& rule) noexcept {
  return has_plain(rule, Subject::inconsistent);
}

bool is_guard(const RuleSyntax& rule) noexcept {
  return rule.verdict == Verdict::deny && !rule.is_shadow && (is_about_destination(rule) || is_about_names(rule));
}

bool guards_own_networks(const RuleSyntax& rule) noexcept {
  const auto names_own = [](const NetName& net) { return net.name == "local" || net.name == "self"; };
  return is_guard(rule) && is_about_destination(rule) &&
         std::ranges::any_of(rule.conditions, [&](const ConditionSyntax& condition) {
           return condition.subject == Subject::to && std::ranges::any_of(condition.addresses.names, names_own);
         });
}

// Ahead of the first setting of its kind, so that the newest word counts; the first one goes behind all rules.
std::size_t place_of_setting(const std::vector<RuleSyntax>& rules, const Setting& added) {
  const auto is_of_kind = [&](const RuleSyntax& rule) { return rule.setting && rule.setting->kind == added.kind; };
  return static_cast<std::size_t>(std::ranges::find_if(rules, is_of_kind) - rules.begin());
}

// How many rules of the text stay ahead of the new one.
std::size_t place_among(const std::vector<RuleSyntax>& rules, const RuleSyntax& added) {
  if (added.setting) { return place_of_setting(rules, *added.setting); }
  if (is_about_destination(added)) { return 0; }
  std::size_t place = 0;
  // The leading block: guards, with the `allow to` and `allow inconsistent` lines that make their exceptions. Of the
  // consistency guard a new exception must stand ahead.
  const bool stays_behind_names = !is_about_names(added);
  const auto leads = [&](const RuleSyntax& rule) {
    return is_about_destination(rule) || (stays_behind_names && is_about_names(rule));
  };
  for (std::size_t i = 0; i < rules.size() && leads(rules[i]); ++i) {
    if (is_guard(rules[i])) { place = i + 1; }
  }
  // An operator may have put other rules ahead of the guard of the gateway's own networks: nothing
  // that lets traffic pass goes ahead of it.
  for (std::size_t i = place; i < rules.size() && lets_pass(added.verdict); ++i) {
    if (guards_own_networks(rules[i])) { place = i + 1; }
  }
  return place;
}

// The line that the new one becomes when it stands ahead of the first rule: above the comment of that rule, unless this
// comment is the head of the file.
int line_ahead_of(const RuleSyntax& rule, const Report& lines) {
  int line = rule.at.line;
  while (line > 1 && trimmed(lines.line(line - 1)).starts_with('#')) { --line; }
  return line > 1 ? line : rule.at.line;
}

int line_for(const std::vector<RuleSyntax>& rules, std::size_t place, const Report& lines) {
  if (rules.empty()) { return lines.line_count() + 1; }
  return place == 0 ? line_ahead_of(rules.front(), lines) : rules[place - 1].at.line + 1;
}

// The one rule of a line that is to be added.
std::expected<RuleSyntax, Errors> parse_added(std::string_view line, const ValueSets& sets) {
  if (line.find('\n') != line.npos) { return std::unexpected(one_error("rule", "one line expected, not several")); }
  Report report("rule", line);
  PolicySyntax policy = parse(read_lines(report, nullptr), sets, report);
  if (report.has_errors()) { return std::unexpected(std::move(report).errors()); }
  if (policy.rules.empty()) {
    return std::unexpected(one_error(
        "rule", "a rule expected: a line that begins with a verdict like `deny`, or a setting like `cache`", line));
  }
  if (policy.rules.front().is_unconditional() && !policy.rules.front().setting) {
    return std::unexpected(one_error(
        "rule", "a rule without a condition would switch off all below it; to change the default, edit the text",
        line));
  }
  return std::move(policy.rules.front());
}

// All rules, those of included files as if they stood on the line that includes them.
std::vector<RuleSyntax> rules_of(PolicySyntax policy, const Report& report) {
  for (RuleSyntax& rule : policy.rules) { rule.at.line = report.own_line(rule.at); }
  return std::move(policy.rules);
}

}  // namespace

std::expected<Edited, Errors> add_rule(std::string_view text, std::string_view line, const CompileOptions& options) {
  line = trimmed(line);
  Report report(options.file_name, text);
  const SourceLines lines = read_lines(report, &options.include);
  const ValueSets sets = sets_of(lines, report);
  const auto rules = rules_of(parse(lines, sets, report), report);
  if (report.has_errors()) { return std::unexpected(std::move(report).errors()); }
  const auto added = parse_added(line, sets);
  if (!added) { return std::unexpected(added.error()); }

  const int number = line_for(rules, place_among(rules, *added), report);
  Edited edited{.text = with_line(text, number, line), .rule_id = {}, .rule_text = {}};
  const auto snapshot = Snapshot::compile(edited.text, options);
  if (!snapshot) { return std::unexpected(snapshot.error()); }
  const auto rule = std::ranges::find_if(
      snapshot.value()->rules(), [&](const Rule& one) { return one.line == number && one.file == options.file_name; });
  edited.rule_id = rule->id;
  edited.rule_text = rule->text;
  return edited;
}

std::expected<Edited, Errors> remove_rule(std::string_view text, std::string_view rule_id,
                                          const CompileOptions& options) {
  const auto before = Snapshot::compile(text, options);
  if (!before) { return std::unexpected(before.error()); }
  const std::vector<Rule>& rules = before.value()->rules();
  const auto rule = std::ranges::find(rules, rule_id, &Rule::id);
  if (rule == rules.end()) {
    std::vector<std::string_view> ids;
    for (const Rule& one : rules) { ids.push_back(one.id); }
    const std::string hint = did_you_mean(rule_id, ids);
    return std::unexpected(
        one_error(options.file_name, "there is no rule `" + std::string(rule_id.substr(0, 80)) + '`' + hint));
  }
  if (rule->file != options.file_name) {
    return std::unexpected(one_error(rule->file, "the rule `" + rule->id +
                                                     "` stands in an included file; edit it there, on line " +
                                                     std::to_string(rule->line)));
  }
  Edited edited{.text = without_line(text, rule->line), .rule_id = rule->id, .rule_text = rule->text};
  const auto after = Snapshot::compile(edited.text, options);
  if (!after) { return std::unexpected(after.error()); }
  return edited;
}

}  // namespace sluice::policy
