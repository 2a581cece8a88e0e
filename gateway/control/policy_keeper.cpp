#include "gateway/control/policy_keeper.hpp"

#include <algorithm>

#include "gateway/base/clock.hpp"
#include "gateway/base/error.hpp"
#include "gateway/base/file.hpp"
#include "gateway/control/judge/included_files.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/judge/run_tests.hpp"
#include "gateway/control/missing_policy.hpp"
#include "gateway/control/policy_files.hpp"
#include "policy/difference.hpp"
#include "policy/edit.hpp"
#include "policy/lexer.hpp"

namespace sluice::control {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kClosed =
    "deny reason \"This gateway has no policy that it could load: its administrator has to apply one.\" id no-policy\n";
constexpr std::string_view kByHand = "file";  // who made a version that no command made
constexpr const char* kItself = "sluiced";    // who rolls back what nobody confirmed
constexpr const char* kLate = " was not confirmed in time";
constexpr auto kNextTry = std::chrono::seconds(5);  // to write what could not be written

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::string name_of(std::uint64_t version) {
  return "v" + std::to_string(version);
}

std::vector<policy::Diagnostic> unreadable(const std::string& file, const std::string& what) {
  policy::Diagnostic diagnostic;
  diagnostic.file = file;
  diagnostic.message = what;
  return {diagnostic};
}

Error no_such_rule(const std::vector<policy::Diagnostic>& diagnostics) {
  return {ErrorCode::not_found, "nothing was removed", "sluice policy list", to_protocol(diagnostics)};
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

Error not_written(const std::string& file, const std::error_code& why) {
  return {ErrorCode::failed, "the policy was not changed: " + file + ": " + why.message(), "sluice policy list", {}};
}

PolicyDifferenceLine to_protocol(const policy::Change& change) {
  return {std::string(1, change.sign), change.id, change.text, change.old_text};
}

std::vector<PolicyDifferenceLine> changes_between(const policy::Snapshot& before, const policy::Snapshot& after) {
  std::vector<PolicyDifferenceLine> lines;
  for (const auto& change : policy::difference(before, after)) { lines.push_back(to_protocol(change)); }
  return lines;
}

PolicyVersionHead head_of(const PolicyVersion& version) {
  PolicyVersionHead head;
  head.version = version.number;
  head.time = static_cast<double>(version.time);
  head.author = version.author;
  head.reason = version.reason;
  head.hash = version.hash;
  return head;
}

bool is_same(const std::vector<policy::Source>& a, const std::vector<policy::Source>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.file == y.file && x.text == y.text; });
}

}  // namespace

PolicyKeeper::PolicyKeeper(std::string file, std::string directory, std::vector<policy::Prefix> self)
    : file_(std::move(file)),
      versions_(directory),
      unconfirmed_file_(directory + "/unconfirmed"),
      self_(std::move(self)) {}

policy::CompileOptions PolicyKeeper::options(std::uint64_t version) const {
  return {.file_name = file_, .version = version, .self = self_, .lists = lists_, .include = included_files()};
}

// A text that declares other lists than those in force is judged, and put in force, with its own: they are read now.
PolicyKeeper::Compiled PolicyKeeper::compile(const std::string& text, policy::CompileOptions how) const {
  auto compiled = policy::Snapshot::compile(text, how);
  if (!compiled || in_force_ == nullptr || !around_.read_lists) { return compiled; }
  const auto& declared = (*compiled)->list_declarations();
  if (declared == current()->list_declarations()) { return compiled; }
  how.lists = around_.read_lists(declared);
  return policy::Snapshot::compile(text, how);
}

PolicyKeeper::Compiled PolicyKeeper::compile(const std::string& text, std::uint64_t version) const {
  return compile(text, options(version));
}

PolicyKeeper::Compiled PolicyKeeper::compile(const Draft& draft, std::uint64_t version) const {
  auto how = options(version);
  if (!draft.included.empty()) { how.include = included_files(draft.included); }
  return compile(draft.text, std::move(how));
}

bool PolicyKeeper::set_self(std::vector<policy::Prefix> self) {
  if (self == self_) { return false; }
  self_ = std::move(self);
  put_in_force_again();
  return true;
}

std::size_t PolicyKeeper::use_lists(std::shared_ptr<const policy::Lists> lists) {
  lists_ = std::move(lists);
  return put_in_force_again();
}

std::size_t PolicyKeeper::put_in_force_again() {
  if (in_force_ == nullptr) { return 0; }
  const auto in_force = current();
  auto how = options(in_force->version());
  how.include = included_files(in_force->included());
  const auto compiled = policy::Snapshot::compile(in_force->text(), how);
  // What is not known about lists are warnings.
  SLUICE_ASSERT(compiled.has_value(), "a text that compiled does so with other addresses and other lists");
  in_force_->swap_in(*compiled);
  return judge_tunnels_(*compiled);
}

// No number is given twice while we run, even if the versions were lost.
std::uint64_t PolicyKeeper::next_number() const {
  const auto in_force = in_force_ == nullptr ? 0 : current()->version();
  return std::max(versions_.latest(), in_force) + 1;
}

// What was being written when the last process ended is written now, unless somebody edited the file since.
void PolicyKeeper::recover() {
  auto pending = versions_.pending();
  if (!pending) { return versions_.abandon(); }
  const auto text = read_file(file_);
  const auto latest = versions_.read(versions_.latest());
  const bool is_untouched = text && (*text == pending->text || (latest && *text == latest->text));
  PolicyFiles files;
  pending->included.push_back({file_, pending->text});
  const bool is_done =
      is_untouched && files.write(pending->included).has_value() && versions_.commit(pending->number).has_value();
  if (!is_done) {
    files.put_back();
    versions_.abandon();
  }
}

PolicyKeeper::Compiled PolicyKeeper::load(NoFile at_first) {
  if (const auto opened = versions_.open(); !opened) {
    return std::unexpected(unreadable(file_, "its versions cannot be kept: " + opened.error().message()));
  }
  recover();
  const auto text = read_file(file_);
  if (!text && text.error() == std::errc::no_such_file_or_directory) {
    const auto missing = missing_policy(at_first == NoFile::is_error, versions_.latest());
    if (!missing.empty()) { return std::unexpected(unreadable(file_, missing)); }
    const auto written = replace_file(file_, policy::default_policy_text());
    if (!written) { return std::unexpected(unreadable(file_, "cannot be written: " + written.error().message())); }
  }
  unconfirmed_ = read_unconfirmed(unconfirmed_file_);
  auto loaded = read(std::string(kByHand), false);
  if (loaded && unconfirmed_ && unconfirmed_->number != (*loaded)->version()) {
    unconfirmed_.reset();
    remove_unconfirmed(unconfirmed_file_);
  }
  return loaded;
}

pipeline::PolicyPtr PolicyKeeper::close(const std::vector<policy::Diagnostic>& why) {
  const auto& first = why.front();
  const auto more = why.size() == 1 ? std::string() : ", and " + std::to_string(why.size() - 1) + " more";
  alarm_ = "every request is denied: no policy could be loaded: " + first.file +
           (first.line == 0 ? "" : ":" + std::to_string(first.line)) + ": " + first.message + more;
  // A version that was not confirmed is not what is in force: nothing is left to confirm or to go back from.
  unconfirmed_.reset();
  remove_unconfirmed(unconfirmed_file_);
  policy::CompileOptions how;
  how.file_name = "no policy";
  how.version = 0;
  const auto closed = policy::Snapshot::compile(kClosed, how);
  SLUICE_ASSERT(closed.has_value(), "one rule without a condition is a policy");
  return *closed;
}

std::size_t PolicyKeeper::swap_in(const pipeline::PolicyPtr& policy) {
  lists_ = policy->lists();
  alarm_.clear();
  unwritten_.reset();
  in_force_->swap_in(policy);
  return judge_tunnels_(policy);
}

// A text that was edited by hand becomes a version when it is read. A start does without when that cannot be written:
// then nobody would be served.
PolicyKeeper::Compiled PolicyKeeper::read(const std::string& by, bool must_record) {
  const auto text = read_file(file_);
  if (!text) { return std::unexpected(unreadable(file_, "cannot be read: " + text.error().message())); }
  const auto latest = versions_.read(versions_.latest());
  auto compiled = compile(*text, latest ? latest->number : next_number());
  if (!compiled) { return compiled; }
  if (latest && latest->text == *text && is_same(latest->included, (*compiled)->included())) { return compiled; }
  const auto number = next_number();
  compiled = compile(*text, number);
  if (!compiled) { return compiled; }
  PolicyVersion version{.number = number,
                        .time = coarse_unix_now().time_since_epoch().count(),
                        .author = by,
                        .reason = {},
                        .text = *text,
                        .included = (*compiled)->included(),
                        .previous = {},
                        .hash = {}};
  version.reason = latest ? "edited by hand" : "the first one";
  auto recorded = versions_.begin(std::move(version));
  if (recorded) { recorded = versions_.commit(number); }
  if (!recorded && must_record) {
    return std::unexpected(unreadable(file_, "its version cannot be written: " + recorded.error().message()));
  }
  return compiled;
}

void PolicyKeeper::put_in_force(pipeline::PolicyInForce& in_force, JudgeTunnels judge_tunnels) {
  in_force_ = &in_force;
  judge_tunnels_ = std::move(judge_tunnels);
}

// What the draft is compiled as is the policy's own file; whoever sent it knows it by another name.
std::vector<policy::Diagnostic> PolicyKeeper::called(const std::string& name,
                                                     std::vector<policy::Diagnostic> diagnostics) const {
  for (auto& one : diagnostics) {
    if (!name.empty() && one.file == file_) { one.file = name; }
  }
  return diagnostics;
}

// A draft that may be put in force, and what the tests in it came to.
Answer<pipeline::PolicyPtr> PolicyKeeper::checked(const Draft& draft, std::uint64_t version,
                                                  PolicyTestsResult& tests) const {
  auto compiled = compile(draft, version);
  if (!compiled) { return std::unexpected(invalid_policy(called(draft.name, compiled.error()), "sluice policy list")); }
  if (draft.sent) {
    if (auto same = draft.sent->are((*compiled)->included()); !same) {
      return std::unexpected(std::move(same.error()));
    }
  }
  tests = run_tests(**compiled, coarse_unix_now());
  if (draft.must_pass && !tests.failures.empty()) {
    return std::unexpected(failed_tests(tests, "sluice policy test-all --policy FILE"));
  }
  return *std::move(compiled);
}

Answer<PolicyKeeper::Published> PolicyKeeper::publish(const Draft& draft) {
  const auto number = next_number();
  PolicyTestsResult tests;
  const auto compiled = checked(draft, number, tests);
  if (!compiled) { return std::unexpected(compiled.error()); }
  const auto begun = versions_.begin({.number = number,
                                      .time = coarse_unix_now().time_since_epoch().count(),
                                      .author = draft.by,
                                      .reason = draft.reason,
                                      .text = draft.text,
                                      .included = (*compiled)->included(),
                                      .previous = {},
                                      .hash = {}});
  if (!begun) { return std::unexpected(not_written("its version", begun.error())); }
  PolicyFiles files;
  auto sources = draft.included;
  sources.push_back({file_, draft.text});
  if (const auto written = files.write(sources); !written) {
    versions_.abandon();
    return std::unexpected(not_written(written.error().file, written.error().why));
  }
  if (const auto committed = versions_.commit(number); !committed) {
    files.put_back();
    versions_.abandon();
    return std::unexpected(not_written("its version", committed.error()));
  }
  Published published{current(), *compiled, 0, std::move(tests), {}};
  published.warnings = draft.rule_id.empty() ? warnings_of(**compiled, around_)
                                             : warnings_of_line(*published.before, **compiled, draft.rule_id, around_);
  published.tunnels_closed = swap_in(*compiled);
  return published;
}

std::optional<Error> PolicyKeeper::refused_now() const {
  if (unwritten_) {
    return Error{ErrorCode::failed, alarm_ + "; nothing else is changed until then", "sluice status", {}};
  }
  if (!unconfirmed_) { return std::nullopt; }
  const auto version = std::to_string(unconfirmed_->number);
  return Error{ErrorCode::failed,
               "v" + version + " waits to be confirmed; nothing else is changed until then",
               "sluice policy confirm " + version,
               {}};
}

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

Answer<PolicyChange> PolicyKeeper::add(const PolicyAddArguments& arguments, const std::string& by) {
  const auto start = Clock::now();
  if (const auto refused = refused_now()) { return std::unexpected(*refused); }
  const auto editable = text_to_edit();
  if (!editable) { return std::unexpected(editable.error()); }
  const auto edited = policy::add_rule(editable->text, with_reason(arguments.line, arguments.message), options(0));
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
  const auto reason = arguments.message.empty() ? "added " + edited->rule_text : arguments.message;
  auto applied = publish_edit({edited->text, {}, by, reason, false}, std::move(change));
  if (applied) { applied->milliseconds = milliseconds_since(start); }
  return applied;
}

Answer<PolicyChange> PolicyKeeper::remove(const PolicyRemoveArguments& arguments, const std::string& by) {
  const auto start = Clock::now();
  if (const auto refused = refused_now()) { return std::unexpected(*refused); }
  const auto editable = text_to_edit();
  if (!editable) { return std::unexpected(editable.error()); }
  const auto& rules = editable->policy->rules();
  const auto rule = std::ranges::find(rules, arguments.id, &policy::Rule::id);
  const auto edited = policy::remove_rule(editable->text, arguments.id, options(0));
  if (!edited && rule == rules.end()) { return std::unexpected(no_such_rule(edited.error())); }
  if (!edited) { return std::unexpected(invalid_policy(edited.error(), "sluice policy list")); }
  PolicyChange change;
  change.rule = to_protocol(*rule);
  const auto reason = arguments.message.empty() ? "removed " + edited->rule_text : arguments.message;
  auto applied = publish_edit({edited->text, {}, by, reason, false}, std::move(change));
  if (applied) { applied->milliseconds = milliseconds_since(start); }
  return applied;
}

Answer<PolicyReload> PolicyKeeper::reload(const std::string& by) {
  const auto start = Clock::now();
  if (const auto refused = refused_now()) { return std::unexpected(*refused); }
  // A file that has gone is an error here: the default policy is for a first start, not for a slip of the hand.
  auto compiled = read(by, true);
  if (!compiled) { return std::unexpected(invalid_policy(compiled.error(), "sluice policy check " + file_)); }
  PolicyReload result;
  result.file = file_;
  result.version = (*compiled)->version();
  result.rules = (*compiled)->rules().size();
  result.warnings = warnings_of(**compiled, around_);
  result.tunnels_closed = swap_in(*compiled);
  result.milliseconds = milliseconds_since(start);
  return result;
}

PolicyApplied PolicyKeeper::applied(const Published& published) const {
  PolicyApplied result;
  result.version = published.after->version();
  result.previous = published.before->version();
  result.file = file_;
  result.rules = published.after->rules().size();
  result.changes = changes_between(*published.before, *published.after);
  result.tunnels_closed = published.tunnels_closed;
  result.warnings = published.warnings;
  result.tests = published.tests;
  return result;
}

// What publish() would do, without doing it.
Answer<PolicyApplied> PolicyKeeper::would_apply(const Draft& draft) const {
  PolicyTestsResult tests;
  const auto compiled = checked(draft, next_number(), tests);
  if (!compiled) { return std::unexpected(compiled.error()); }
  auto result = applied({current(), *compiled, 0, std::move(tests), warnings_of(**compiled, around_)});
  result.version = current()->version();
  result.dry_run = true;
  return result;
}

Answer<PolicyApplied> PolicyKeeper::apply(const PolicyApplyArguments& arguments, const std::string& by) {
  const auto start = Clock::now();
  if (const auto refused = refused_now()) { return std::unexpected(*refused); }
  if (arguments.based_on != 0 && arguments.based_on != current()->version()) {
    return std::unexpected(Error{ErrorCode::failed,
                                 "the policy is " + name_of(current()->version()) + " by now, and what was edited is " +
                                     name_of(arguments.based_on),
                                 "sluice policy diff " + std::to_string(arguments.based_on),
                                 {}});
  }
  if (arguments.confirm > 0 && current()->version() == 0) {
    return std::unexpected(Error{ErrorCode::failed,
                                 "there is no policy that a version which nobody confirms could be rolled back to",
                                 "sluice policy apply FILE",
                                 {}});
  }
  Draft draft{arguments.text, {}, by, arguments.message, true, arguments.name};
  if (!arguments.included.empty()) {
    draft.sent.emplace(file_, arguments.included);
    draft.included = draft.sent->written();
  }
  if (arguments.dry_run) { return would_apply(draft); }
  const Unconfirmed unconfirmed{next_number(), current()->version(),
                                coarse_unix_now() + std::chrono::seconds(arguments.confirm)};
  // Ahead of the version: one that nobody would roll back behind a restart is not put in force.
  if (arguments.confirm > 0) {
    const auto written = write_unconfirmed(unconfirmed_file_, unconfirmed);
    if (!written) { return std::unexpected(not_written(unconfirmed_file_, written.error())); }
  }
  const auto published = publish(draft);
  if (!published) {
    remove_unconfirmed(unconfirmed_file_);
    return std::unexpected(published.error());
  }
  auto result = applied(*published);
  if (arguments.confirm > 0) {
    unconfirmed_ = unconfirmed;
    result.confirm_until = static_cast<double>(unconfirmed.deadline.time_since_epoch().count());
  }
  result.milliseconds = milliseconds_since(start);
  return result;
}

Answer<PolicyApplied> PolicyKeeper::roll_back(const PolicyRollbackArguments& arguments, const std::string& by) {
  const auto start = Clock::now();
  const auto target = version(arguments.version);
  if (!target) { return std::unexpected(target.error()); }
  Draft draft{target->text, target->included, by, "rollback to " + name_of(target->number), false};
  if (!arguments.message.empty()) { draft.reason += ": " + arguments.message; }
  if (arguments.dry_run) { return would_apply(draft); }
  const auto published = publish(draft);
  if (!published) { return std::unexpected(published.error()); }
  unconfirmed_.reset();
  remove_unconfirmed(unconfirmed_file_);
  auto result = applied(*published);
  result.milliseconds = milliseconds_since(start);
  return result;
}

Answer<PolicyConfirmed> PolicyKeeper::confirm(const PolicyVersionArguments& arguments) {
  const bool is_it = unconfirmed_ && (arguments.version == 0 || arguments.version == unconfirmed_->number);
  if (!is_it) {
    return std::unexpected(
        Error{ErrorCode::not_found,
              unconfirmed_ ? name_of(unconfirmed_->number) + " waits to be confirmed, not " + name_of(arguments.version)
                           : "no version waits to be confirmed",
              "sluice policy history",
              {}});
  }
  const PolicyConfirmed confirmed{unconfirmed_->number};
  unconfirmed_.reset();
  remove_unconfirmed(unconfirmed_file_);
  return confirmed;
}

std::string PolicyKeeper::expire(Time time) {
  if (unwritten_) { return write_again(time); }
  if (!unconfirmed_ || time < unconfirmed_->deadline) { return {}; }
  const auto late = name_of(unconfirmed_->number) + kLate;
  const auto back = roll_back({unconfirmed_->back_to, late, false}, kItself);
  if (back) { return late + ": rolled back, policy " + name_of(back->version); }
  return fall_back(time, back.error().message);
}

// What was put in force for a time leaves when the time is over, whatever the disk does.
std::string PolicyKeeper::fall_back(Time time, const std::string& why_not_written) {
  const auto expired = *unconfirmed_;
  const auto late = name_of(expired.number) + kLate;
  const auto target = snapshot_of(expired.back_to);
  if (!target) {
    unconfirmed_->deadline = time + kNextTry;
    const bool is_said = !alarm_.empty();
    alarm_ = late + " and cannot be rolled back: " + target.error().message;
    return is_said ? "" : alarm_;
  }
  swap_in(*target);
  unconfirmed_.reset();  // its file stays: a start finds the version there and falls back again
  unwritten_ = {expired.back_to, time + kNextTry};
  alarm_ = late + ": " + name_of(expired.back_to) + " is in force again and will be written when that can be done (" +
           why_not_written + ")";
  return alarm_;
}

std::string PolicyKeeper::write_again(Time time) {
  if (time < unwritten_->next_try) { return {}; }
  unwritten_->next_try = time + kNextTry;
  const auto number = unwritten_->number;
  const auto back = roll_back({number, "what came behind it was not confirmed in time", false}, kItself);
  return back ? name_of(number) + " is written again, as policy " + name_of(back->version) : "";
}

Answer<PolicyVersion> PolicyKeeper::version(std::uint64_t number) const {
  auto version = versions_.read(number == 0 ? current()->version() : number);
  if (!version) { return std::unexpected(Error{ErrorCode::not_found, version.error(), "sluice policy history", {}}); }
  return *std::move(version);
}

Answer<pipeline::PolicyPtr> PolicyKeeper::snapshot_of(std::uint64_t number) const {
  if (number == 0) { return current(); }
  const auto record = version(number);
  if (!record) { return std::unexpected(record.error()); }
  auto compiled = compile(Draft{record->text, record->included, {}, {}, false}, number);
  if (!compiled) { return std::unexpected(invalid_policy(compiled.error(), "sluice policy show " + name_of(number))); }
  return *std::move(compiled);
}

Answer<PolicyHistory> PolicyKeeper::history(const PolicyHistoryArguments& arguments) const {
  PolicyHistory history;
  history.in_force = current()->version();
  history.unconfirmed = unconfirmed_ ? unconfirmed_->number : 0;
  history.confirm_until = unconfirmed_ ? static_cast<double>(unconfirmed_->deadline.time_since_epoch().count()) : 0;
  const auto& numbers = versions_.numbers();
  std::string next;  // what the version behind says of the hash of this one
  for (auto number = numbers.rbegin(); number != numbers.rend() && history.versions.size() < arguments.limit;
       ++number) {
    const auto record = versions_.read(*number);
    if (!record) {
      PolicyVersionHead damaged;
      damaged.version = *number;
      damaged.damage = record.error();
      history.versions.push_back(std::move(damaged));
      next.clear();
      continue;
    }
    history.versions.push_back(head_of(*record));
    if (!next.empty() && next != record->hash) {
      history.versions.back().damage = "its hash is not the one that the next version names";
    }
    next = record->previous;
  }
  return history;
}

Answer<PolicyText> PolicyKeeper::show(const PolicyVersionArguments& arguments) const {
  const auto record = version(arguments.version);
  if (!record) { return std::unexpected(record.error()); }
  PolicyText text;
  text.head = head_of(*record);
  text.file = file_;
  text.text = record->text;
  for (const auto& source : record->included) { text.included.push_back({source.file, source.text}); }
  for (const auto& prefix : self_) { text.self.push_back(prefix.text()); }
  return text;
}

Answer<PolicyDifference> PolicyKeeper::diff(const PolicyDiffArguments& arguments) const {
  const auto before = snapshot_of(arguments.from);
  if (!before) { return std::unexpected(before.error()); }
  auto after = arguments.text.empty() ? snapshot_of(arguments.to) : Answer<pipeline::PolicyPtr>{};
  if (!arguments.text.empty()) {
    const SentFiles sent(file_, arguments.included);
    const auto compiled = compile(Draft{arguments.text, sent.all(), {}, {}, false}, 0);
    if (!compiled) { return std::unexpected(invalid_policy(compiled.error(), "sluice policy check FILE")); }
    after = *compiled;
  }
  if (!after) { return std::unexpected(after.error()); }
  return PolicyDifference{(*before)->version(), (*after)->version(), changes_between(**before, **after)};
}

}  // namespace sluice::control
