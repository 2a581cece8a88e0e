// The policy as it is on disk: at the start, and when the file was edited by hand.

#include <algorithm>
#include <string_view>

#include "gateway/base/clock.hpp"
#include "gateway/base/error.hpp"
#include "gateway/base/file.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/milliseconds_since.hpp"
#include "gateway/control/missing_policy.hpp"
#include "gateway/control/policy_files.hpp"
#include "gateway/control/policy_keeper.hpp"

namespace sluice::control {
namespace {

constexpr std::string_view kClosed =
    "deny reason \"This gateway has no policy that it could load: its administrator has to apply one.\" id no-policy\n";
constexpr std::string_view kByHand = "file";  // who made a version that no command made

std::vector<policy::Diagnostic> unreadable(const std::string& file, const std::string& what) {
  policy::Diagnostic diagnostic;
  diagnostic.file = file;
  diagnostic.message = what;
  return {diagnostic};
}

}  // namespace

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
  const auto errors = std::ranges::count(why, policy::Diagnostic::Severity::error, &policy::Diagnostic::severity);
  const auto more = errors == 1 ? std::string() : ", and " + std::to_string(errors - 1) + " more";
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

// A text that was edited by hand becomes a version when it is read. A start does without when that cannot be written:
// then nobody would be served.
PolicyKeeper::Compiled PolicyKeeper::read(const std::string& by, bool must_record) {
  const auto text = read_file(file_);
  if (!text) { return std::unexpected(unreadable(file_, "cannot be read: " + text.error().message())); }
  const auto latest = versions_.read(versions_.latest());
  auto compiled = compile(*text, latest ? latest->number : next_number());
  if (!compiled) { return compiled; }
  if (latest && latest->text == *text && are_same(latest->included, (*compiled)->included())) { return compiled; }
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

Answer<PolicyReload> PolicyKeeper::reload(const std::string& by) {
  const auto start = std::chrono::steady_clock::now();
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

}  // namespace sluice::control
