#include "gateway/control/policy_keeper.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "gateway/base/file.hpp"
#include "gateway/control/judge/judge.hpp"
#include "policy/edit.hpp"
#include "policy/lexer.hpp"

namespace sluice::control {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::vector<policy::Diagnostic> unreadable(const std::string& file, const std::string& what) {
  policy::Diagnostic diagnostic;
  diagnostic.file = file;
  diagnostic.message = what;
  return {diagnostic};
}

// FNV-1a: tells whether the file was edited by hand since its version number was given.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char octet : text) { hash = (hash ^ static_cast<unsigned char>(octet)) * 1099511628211ULL; }
  return hash;
}

struct VersionMark {
  std::uint64_t version = 0;
  std::uint64_t hash = 0;
};

// "VERSION HASH"; zeros when there is none yet.
VersionMark read_mark(const std::string& file) {
  VersionMark mark;
  const auto text = read_file(file);
  if (!text) { return mark; }
  const auto* end = text->data() + text->size();
  const auto version = std::from_chars(text->data(), end, mark.version);
  if (version.ptr < end) { std::from_chars(version.ptr + 1, end, mark.hash); }
  return mark;
}

Error no_such_rule(const std::vector<policy::Diagnostic>& diagnostics) {
  return {ErrorCode::not_found, diagnostics.empty() ? "there is no such rule" : diagnostics.front().message,
          "sluice policy list", to_protocol(diagnostics)};
}

std::string mark_of(std::uint64_t version, const std::string& text) {
  return std::to_string(version) + " " + std::to_string(hash_of(text));
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
  auto out = line.substr(0, end) + " reason " + policy::quoted(reason);
  if (end < line.size()) { out += " " + line.substr(end); }
  return out;
}

}  // namespace

PolicyKeeper::PolicyKeeper(std::string file, std::string version_file, std::vector<policy::Prefix> self)
    : file_(std::move(file)), version_file_(std::move(version_file)), self_(std::move(self)) {}

PolicyKeeper::Compiled PolicyKeeper::compile(const std::string& text, std::uint64_t version) const {
  policy::CompileOptions options;
  options.file_name = file_;
  options.version = version;
  options.self = self_;
  options.lists = lists_;
  return policy::Snapshot::compile(text, options);
}

std::uint64_t PolicyKeeper::version_for(const std::string& text) const {
  const auto mark = read_mark(version_file_);
  if (mark.version != 0 && mark.hash == hash_of(text)) { return mark.version; }
  // No number is given twice while we run, even if the mark was lost.
  const auto in_force = in_force_ == nullptr ? 0 : current()->version();
  return std::max(mark.version, in_force) + 1;
}

PolicyKeeper::Compiled PolicyKeeper::load() {
  const auto text = read_file(file_);
  if (!text && text.error() == std::errc::no_such_file_or_directory) {
    const auto written = replace_file(file_, policy::default_policy_text());
    if (!written) { return std::unexpected(unreadable(file_, "cannot be written: " + written.error().message())); }
  }
  return read();
}

PolicyKeeper::Compiled PolicyKeeper::read() const {
  const auto text = read_file(file_);
  if (!text) { return std::unexpected(unreadable(file_, "cannot be read: " + text.error().message())); }
  const auto version = version_for(*text);
  auto compiled = compile(*text, version);
  if (compiled) {
    const auto marked = replace_file(version_file_, mark_of(version, *text));
    if (!marked) {
      return std::unexpected(unreadable(version_file_, "cannot be written: " + marked.error().message()));
    }
  }
  return compiled;
}

void PolicyKeeper::put_in_force(pipeline::PolicyInForce& in_force, JudgeTunnels judge_tunnels) {
  in_force_ = &in_force;
  judge_tunnels_ = std::move(judge_tunnels);
}

// A text that was good is good with other lists: what is unknown about them are warnings.
std::size_t PolicyKeeper::use_lists(std::shared_ptr<const policy::Lists> lists) {
  lists_ = std::move(lists);
  if (in_force_ == nullptr) { return 0; }
  const auto before = current();
  const auto compiled = compile(std::string(before->text()), before->version());
  if (!compiled) { return 0; }
  in_force_->swap_in(*compiled);
  return judge_tunnels_(*compiled);
}

Answer<void> PolicyKeeper::write(const std::string& text, std::uint64_t version) const {
  // The mark first: if the text then cannot be written, the mark is of no text and costs a number, no more. The other
  // way round a policy that was refused would be in force after a restart.
  auto written = replace_file(version_file_, mark_of(version, text));
  if (written) { written = replace_file(file_, text); }
  if (written) { return {}; }
  return std::unexpected(Error{ErrorCode::failed,
                               "the policy was not changed: " + file_ + ": " + written.error().message(),
                               "sluice policy list",
                               {}});
}

Answer<PolicyChange> PolicyKeeper::apply(const std::string& text, PolicyChange change) {
  const auto version = version_for(text);
  auto compiled = compile(text, version);
  if (!compiled) { return std::unexpected(invalid_policy(compiled.error(), "sluice policy list")); }
  const auto written = write(text, version);
  if (!written) { return std::unexpected(written.error()); }
  in_force_->swap_in(*compiled);
  change.version = version;
  change.tunnels_closed = judge_tunnels_(*compiled);
  change.warnings = to_protocol((*compiled)->warnings());
  for (const auto& rule : (*compiled)->rules()) {
    if (rule.id == change.rule.id) { change.rule = to_protocol(rule); }
  }
  return change;
}

// The file is the truth, also when it was edited by hand since it was read.
Answer<PolicyKeeper::Editable> PolicyKeeper::text_to_edit() const {
  auto text = read_file(file_);
  if (!text) {
    return std::unexpected(Error{ErrorCode::failed, file_ + ": " + text.error().message(), "sluice policy reload", {}});
  }
  auto compiled = compile(*text, 0);
  if (!compiled) { return std::unexpected(invalid_policy(compiled.error(), "sluice policy check " + file_)); }
  return Editable{std::move(*text), std::move(*compiled)};
}

Answer<PolicyChange> PolicyKeeper::add(const PolicyAddArguments& arguments) {
  const auto start = Clock::now();
  const auto editable = text_to_edit();
  if (!editable) { return std::unexpected(editable.error()); }
  const auto edited = policy::add_rule(editable->text, with_reason(arguments.line, arguments.message));
  if (!edited) { return std::unexpected(invalid_policy(edited.error(), "sluice policy add --help")); }
  const auto& rules = editable->policy->rules();
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
  auto applied = apply(edited->text, std::move(change));
  if (applied) { applied->milliseconds = milliseconds_since(start); }
  return applied;
}

Answer<PolicyChange> PolicyKeeper::remove(const PolicyRemoveArguments& arguments) {
  const auto start = Clock::now();
  const auto editable = text_to_edit();
  if (!editable) { return std::unexpected(editable.error()); }
  const auto& rules = editable->policy->rules();
  const auto rule = std::ranges::find(rules, arguments.id, &policy::Rule::id);
  const auto edited = policy::remove_rule(editable->text, arguments.id);
  if (!edited && rule == rules.end()) { return std::unexpected(no_such_rule(edited.error())); }
  if (!edited) { return std::unexpected(invalid_policy(edited.error(), "sluice policy list")); }
  PolicyChange change;
  change.rule = to_protocol(*rule);
  auto applied = apply(edited->text, std::move(change));
  if (applied) { applied->milliseconds = milliseconds_since(start); }
  return applied;
}

Answer<PolicyReload> PolicyKeeper::reload() {
  const auto start = Clock::now();
  // A file that has gone is an error here: the default policy is for a first start, not for a slip of the hand.
  auto compiled = read();
  if (!compiled) { return std::unexpected(invalid_policy(compiled.error(), "sluice policy check " + file_)); }
  in_force_->swap_in(*compiled);
  PolicyReload result;
  result.file = file_;
  result.version = (*compiled)->version();
  result.rules = (*compiled)->rules().size();
  result.tunnels_closed = judge_tunnels_(*compiled);
  result.warnings = to_protocol((*compiled)->warnings());
  result.milliseconds = milliseconds_since(start);
  return result;
}

}  // namespace sluice::control
