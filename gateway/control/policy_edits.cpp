// Quick edits: a rule put into the text or taken out of it.

#include <algorithm>

#include "gateway/base/file.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/judge/quoted_reason.hpp"
#include "gateway/control/milliseconds_since.hpp"
#include "gateway/control/policy_changes.hpp"
#include "gateway/control/policy_files.hpp"
#include "gateway/control/policy_keeper.hpp"
#include "gateway/control/version_name.hpp"
#include "policy/edit.hpp"
#include "policy/lexer.hpp"

namespace sluice::control {
namespace {

Error no_such_rule(const std::vector<policy::Diagnostic>& diagnostics) {
  return {ErrorCode::not_found, "nothing was removed", "sluice policy list", to_protocol(diagnostics)};
}

// "+ deny host a.example, - allow", the first few of them
std::string first_changes(const std::vector<PolicyDifferenceLine>& changes) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < changes.size() && i < kMost; ++i) {
    text += (i == 0 ? "" : ", ") + changes[i].sign + " " + changes[i].text;
  }
  return changes.size() <= kMost ? text : text + ", and " + std::to_string(changes.size() - kMost) + " more";
}

Error edited_by_hand(const policy::Snapshot& in_force, const policy::Snapshot& edited) {
  const auto changes = changes_between(in_force, edited);
  return {ErrorCode::failed,
          in_force.file_name() + " was edited by hand and is not in force: it has other " +
              (changes.empty() ? "comments or another layout than " : "lines than ") +
              version_name(in_force.version()) + (changes.empty() ? "" : " (" + first_changes(changes) + ")") +
              "; nothing was changed. Put it in force first, or the text in force back with `sluice policy rollback " +
              version_name(in_force.version()) + "`",
          "sluice policy reload",
          {}};
}

Error in_included_file(const policy::Rule& rule) {
  return {ErrorCode::failed,
          "the rule `" + rule.id + "` stands in an included file, at " + rule.file + ":" + std::to_string(rule.line) +
              ": take it out there and read the policy again",
          "sluice policy reload",
          {}};
}

bool has_reason(const std::vector<policy::Token>& tokens) {
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].is("reason") && tokens[i + 1].kind == policy::Token::Kind::quoted) { return true; }
  }
  return false;
}

// Why a rule is added is its reason, unless the line gives one. It stands ahead of a comment.
std::string with_reason(const std::string& line, const std::string& reason) {
  policy::Report ignored("rule", line);  // what is wrong with the line is said when it is added
  const auto tokens = policy::tokens_of(line, 1, ignored);
  if (reason.empty() || has_reason(tokens)) { return line; }
  const auto end = std::min(static_cast<std::size_t>(std::max(tokens.back().at.column, 1)) - 1, line.size());
  auto out = line.substr(0, end) + " reason " + quoted_reason(reason);
  if (end < line.size()) { out += " " + line.substr(end); }
  return out;
}

}  // namespace

Answer<PolicyChange> PolicyKeeper::publish_edit(Draft draft, PolicyChange change) {
  draft.rule_id = change.rule.id;
  const auto published = publish(draft);
  if (!published) { return std::unexpected(published.error()); }
  change.version = published->after->version();
  change.previous = published->before->version();
  change.tunnels_closed = published->tunnels_closed;
  change.warnings = published->warnings;
  for (const auto& rule : published->after->rules()) {
    if (rule.id == change.rule.id) { change.rule = to_protocol(rule); }
  }
  return change;
}

// The text in force. One that was edited by hand since is not put in force in passing, under the reason of another
// edit.
Answer<std::string> PolicyKeeper::text_to_edit() const {
  const auto text = read_file(file_);
  if (!text) {
    return std::unexpected(Error{ErrorCode::failed, file_ + ": " + text.error().message(), "sluice policy reload", {}});
  }
  const auto in_force = current();
  if (*text == in_force->text() && are_on_disk(in_force->included())) { return *text; }
  const auto edited = compile(*text, 0);
  if (!edited) { return std::unexpected(invalid_policy(edited.error(), "sluice policy check " + file_)); }
  return std::unexpected(edited_by_hand(*in_force, **edited));
}

Answer<PolicyChange> PolicyKeeper::add(const PolicyAddArguments& arguments, const std::string& by) {
  const auto start = std::chrono::steady_clock::now();
  if (const auto refused = refused_now()) { return std::unexpected(*refused); }
  const auto text = text_to_edit();
  if (!text) { return std::unexpected(text.error()); }
  const auto edited = policy::add_rule(*text, with_reason(arguments.line, arguments.message), options(0));
  if (!edited) { return std::unexpected(invalid_policy(edited.error(), "sluice policy add --help")); }
  const auto in_force = current();
  const auto& rules = in_force->rules();
  const auto same = std::ranges::find(rules, edited->rule_id, &policy::Rule::id);
  if (same != rules.end()) {
    return std::unexpected(Error{ErrorCode::failed,
                                 "the rule is there already: " + same->id + "  " + same->text,
                                 "sluice policy remove " + same->id,
                                 {}});
  }
  PolicyChange change;
  change.rule.id = edited->rule_id;
  change.rule.text = edited->rule_text;
  const auto reason = arguments.message.empty() ? "added " + edited->rule_text : arguments.message;
  auto applied = publish_edit({edited->text, {}, by, reason, false}, std::move(change));
  if (applied) { applied->milliseconds = milliseconds_since(start); }
  return applied;
}

Answer<PolicyChange> PolicyKeeper::remove(const PolicyRemoveArguments& arguments, const std::string& by) {
  const auto start = std::chrono::steady_clock::now();
  if (const auto refused = refused_now()) { return std::unexpected(*refused); }
  const auto text = text_to_edit();
  if (!text) { return std::unexpected(text.error()); }
  const auto in_force = current();
  const auto& rules = in_force->rules();
  const auto rule = std::ranges::find(rules, arguments.id, &policy::Rule::id);
  if (rule != rules.end() && rule->file != file_) { return std::unexpected(in_included_file(*rule)); }
  const auto edited = policy::remove_rule(*text, arguments.id, options(0));
  if (!edited && rule == rules.end()) { return std::unexpected(no_such_rule(edited.error())); }
  if (!edited) { return std::unexpected(invalid_policy(edited.error(), "sluice policy list")); }
  PolicyChange change;
  change.rule = to_protocol(*rule);
  const auto reason = arguments.message.empty() ? "removed " + edited->rule_text : arguments.message;
  auto applied = publish_edit({edited->text, {}, by, reason, false}, std::move(change));
  if (applied) { applied->milliseconds = milliseconds_since(start); }
  return applied;
}

}  // namespace sluice::control
