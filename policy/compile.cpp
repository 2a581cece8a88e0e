#include <algorithm>
#include <utility>

#include "policy/checks.hpp"
#include "policy/compiled.hpp"
#include "policy/condition_compiler.hpp"
#include "policy/make_pac.hpp"
#include "policy/net_table.hpp"
#include "policy/parse.hpp"
#include "policy/rule_ids.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kLargestText = 4 << 20;

Stage stage_of(const RuleSyntax& syntax) {
  Stage stage = Stage::packet;
  for (const auto* conditions : {&syntax.implied, &syntax.conditions, &syntax.exceptions}) {
    for (const ConditionSyntax& condition : *conditions) { stage = std::max(stage, stage_of(condition.subject)); }
  }
  return stage;
}

bool needs_hello(const RuleSyntax& syntax) {
  const auto asks = [](const ConditionSyntax& condition) { return asks_for_hello(condition.subject); };
  return std::ranges::any_of(syntax.conditions, asks) || std::ranges::any_of(syntax.exceptions, asks);
}

Rule rule_of(const RuleSyntax& syntax, const Report& report) {
  return {.id = syntax.id,
          .verdict = syntax.setting ? Verdict::undecided : syntax.verdict,
          .setting = syntax.setting ? std::optional(syntax.setting->kind) : std::nullopt,
          .redirect = syntax.redirect,
          .is_shadow = syntax.is_shadow,
          .keeps_open = syntax.keeps_open,
          .text = canonical_text(syntax),
          .reason = syntax.reason,
          .names_purge = syntax.names_purge(),
          .owner = syntax.owner,
          .ticket = syntax.ticket,
          .file = report.file(syntax.at.source),
          .line = syntax.at.line,
          .stage = stage_of(syntax)};
}

bool is_of_request(SettingKind kind) noexcept {
  switch (kind) {
    case SettingKind::connect_to:
    case SettingKind::cache_key_drop_query:
    case SettingKind::cache_key_sort_query:
    case SettingKind::cache_never:
    case SettingKind::strip_query:
    case SettingKind::limit_connections:
    case SettingKind::limit_rate:
    case SettingKind::request_field:
      return true;
    default:
      return false;
  }
}

// `cache never` is asked for twice: with the request, which is then not looked up; and with the response, which is then
// not stored. `limit rate` is too: with the request for tunnels and for what the client sends; with the response for
// its content.
bool is_of_response(SettingKind kind) noexcept {
  return kind == SettingKind::cache_never || kind == SettingKind::limit_rate || !is_of_request(kind);
}

// What makes the fact known, when that comes behind the request.
std::string_view later_source(Subject subject) noexcept {
  if (subject == Subject::to) { return "address"; }
  if (asks_for_hello(subject)) { return "TLS hello"; }
  return stage_of(subject) == Stage::response ? "response" : "";
}

// What is chosen with the request cannot hang on what comes later.
void check_setting(const RuleSyntax& rule, Report& report) {
  if (is_of_response(rule.setting->kind)) { return; }
  for (const auto* conditions : {&rule.conditions, &rule.exceptions}) {
    for (const ConditionSyntax& condition : *conditions) {
      const std::string_view source = later_source(condition.subject);
      if (source.empty()) { continue; }
      report.error(condition.at, "this setting applies ahead of what `" + std::string(info_of(condition.subject).word) +
                                     "` asks for, which is known when the " + std::string(source) + " is");
    }
  }
}

std::vector<Diagnostic> too_large(const CompileOptions& options) {
  return {{Diagnostic::Severity::error, options.file_name, 1, 1, "a policy text of more than 4 MiB", {}}};
}

}  // namespace

std::expected<std::shared_ptr<const Snapshot>, std::vector<Diagnostic>> Snapshot::compile(
    std::string_view text, const CompileOptions& options) {
  if (text.size() > kLargestText) { return std::unexpected(too_large(options)); }
  Report report(options.file_name, text);
  SourceLines lines = read_lines(report, &options.include);
  PolicySyntax policy = parse(lines, sets_of(lines, report), report);
  assign_ids(policy, report);
  check_default(policy, report);
  check_tests(policy, report);

  auto compiled = std::make_unique<Compiled>();
  const NetTable nets(policy.nets, options.self, report);
  const TimeTable times(policy.times, report);
  compiled->tables.lists = options.lists != nullptr ? options.lists : std::make_shared<const Lists>();
  const ListNames lists(policy.lists, *compiled->tables.lists, report);
  const GroupTable groups(policy.groups, report);
  ConditionCompiler compiler(nets, times, lists, groups, report, compiled->tables);
  const auto append = [&](const std::vector<ConditionSyntax>& conditions) {
    for (const ConditionSyntax& condition : conditions) {
      compiled->conditions.push_back(compiler.compile(condition));
      compiled->asks_for_users |= asks_for_user(condition.subject);
    }
    return static_cast<std::uint32_t>(compiled->conditions.size());
  };
  for (const RuleSyntax& rule : policy.rules) {
    Compiled::Test test{.begin = static_cast<std::uint32_t>(compiled->conditions.size()),
                        .rule = static_cast<std::uint32_t>(compiled->rules.size()),
                        .verdict = rule.verdict,
                        .is_shadow = rule.is_shadow};
    append(rule.implied);
    test.exceptions = append(rule.conditions);
    test.end = append(rule.exceptions);
    compiled->rules.push_back(rule_of(rule, report));
    compiled->all_tests.push_back(test);
    if (!rule.setting) {
      compiled->tests.push_back(test);
      compiled->asks_for_hello |= needs_hello(rule);
      compiled->has_response_verdicts |= compiled->rules.back().stage == Stage::response;
      continue;
    }
    check_setting(rule, report);
    Setting setting = *rule.setting;
    setting.rule = test.rule;
    if (is_of_request(setting.kind)) { compiled->request_settings.push_back({test, setting}); }
    if (is_of_response(setting.kind)) { compiled->response_settings.push_back({test, setting}); }
  }
  if (!report.has_errors() && !compiler.finish()) {
    report.error(
        {1, 1},
        "the expressions of this policy for the URL, or for a field, together need more than 32 MiB; leave some out");
  }
  if (report.has_errors()) { return std::unexpected(std::move(report).errors_and_warnings()); }
  warn_of_doubtful(policy, nets, report);
  if (options.now) { warn_of_past(policy, *options.now, report); }
  compiled->warn_of_loops(policy, report);
  compiled->pac = make_pac(policy, nets, report);

  compiled->lists = std::move(policy.lists);
  compiled->groups = groups.names();
  compiled->cases = std::move(policy.tests);
  compiled->text = text;
  compiled->file_name = options.file_name;
  for (const auto& source : lines.included) { compiled->included.push_back(*source); }
  compiled->version = options.version;
  compiled->warnings = std::move(report).warnings();
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(compiled)));
}

}  // namespace sluice::policy
