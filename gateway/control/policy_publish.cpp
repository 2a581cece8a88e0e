// A new text becomes the policy in force: checked, recorded as a version, written, swapped in.

#include "gateway/base/clock.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/judge/run_tests.hpp"
#include "gateway/control/milliseconds_since.hpp"
#include "gateway/control/policy_changes.hpp"
#include "gateway/control/policy_files.hpp"
#include "gateway/control/policy_keeper.hpp"
#include "gateway/control/version_name.hpp"

namespace sluice::control {
namespace {

Error not_written(const std::string& file, const std::error_code& why) {
  return {ErrorCode::failed, "the policy was not changed: " + file + ": " + why.message(), "sluice policy list", {}};
}

// What a draft is called by whoever sent it, in place of the policy's own file.
std::vector<Diagnostic> named(const std::string& name, const std::string& file, std::vector<Diagnostic> diagnostics) {
  for (auto& one : diagnostics) {
    if (name.empty() || one.file != file) { continue; }
    one.file = name;
    if (one.text.starts_with(file)) { one.text.replace(0, file.size(), name); }
  }
  return diagnostics;
}

void call_by(const std::string& name, const std::string& file, PolicyTestsResult& tests) {
  for (auto& failure : tests.failures) {
    if (!name.empty() && failure.file == file) { failure.file = name; }
  }
}

}  // namespace

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
  call_by(draft.name, file_, tests);
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
  published.warnings = named(draft.name, file_, std::move(published.warnings));
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
  auto result =
      applied({current(), *compiled, 0, std::move(tests), named(draft.name, file_, warnings_of(**compiled, around_))});
  result.version = current()->version();
  result.dry_run = true;
  return result;
}

Answer<PolicyApplied> PolicyKeeper::apply(const PolicyApplyArguments& arguments, const std::string& by) {
  const auto start = std::chrono::steady_clock::now();
  if (const auto refused = refused_now()) { return std::unexpected(*refused); }
  if (arguments.based_on != 0 && arguments.based_on != current()->version()) {
    return std::unexpected(Error{ErrorCode::failed,
                                 "the policy is " + version_name(current()->version()) +
                                     " by now, and what was edited is " + version_name(arguments.based_on),
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
  const auto start = std::chrono::steady_clock::now();
  const auto target = version(arguments.version);
  if (!target) { return std::unexpected(target.error()); }
  Draft draft{target->text, target->included, by, "rollback to " + version_name(target->number), false};
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

}  // namespace sluice::control
