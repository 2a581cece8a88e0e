#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/control/policy_surroundings.hpp"
#include "gateway/control/protocol.hpp"
#include "gateway/control/sent_files.hpp"
#include "gateway/control/unconfirmed.hpp"
#include "gateway/control/versions/version_store.hpp"
#include "gateway/pipeline/policy_in_force.hpp"
#include "policy/snapshot.hpp"

namespace sluice::control {

// The policy text on disk and its life: read, edited, compiled, recorded as a version, written and put in force, in
// that order, so that an edit that fails anywhere leaves the old policy as it was. The file is the truth; a version is
// kept of each text that was in force. Thread: the main thread. Cost: compiles, writes and syncs files; never on a
// worker.
class PolicyKeeper {
 public:
  // `judge_tunnels` puts the new snapshot to the open tunnels; returns how many were closed.
  using JudgeTunnels = std::function<std::size_t(const pipeline::PolicyPtr&)>;
  using Time = std::chrono::sys_seconds;

  // Versions are kept in `directory`.
  PolicyKeeper(std::string file, std::string directory, std::vector<policy::Prefix> self);

  // What a file that does not exist means at a first start, with no version kept yet.
  enum class NoFile { makes_default, is_error };

  // The first policy. A file that does not exist is made from the default policy at a first start alone; an edit that a
  // crash cut off is brought to its end, or was never made. Errors: every diagnostic, or one that says why the file
  // cannot be read.
  std::expected<pipeline::PolicyPtr, std::vector<policy::Diagnostic>> load(NoFile at_first = NoFile::makes_default);

  // What is in force when load() failed and the gateway starts all the same: it denies every request, as version 0,
  // until a policy is applied, rolled back to, or read again. `why` is the alarm until then.
  pipeline::PolicyPtr close(const std::vector<policy::Diagnostic>& why);
  // Why everything is denied, or why what is in force is not what is written; "" when all is well.
  const std::string& alarm() const noexcept { return alarm_; }

  void put_in_force(pipeline::PolicyInForce& in_force, JudgeTunnels judge_tunnels);

  // What the gateway's own addresses are: listeners and interfaces. The policy in force is put in force again with
  // them, if they are others; true then.
  bool set_self(std::vector<policy::Prefix> self);

  void look_around_with(PolicySurroundings around) { around_ = std::move(around); }
  // The lists that are in force from now on, with the policy that is; returns how many tunnels that closed.
  std::size_t use_lists(std::shared_ptr<const policy::Lists> lists);

  // `by`: who asks, for the version. An edit is refused while another one waits to be confirmed.
  Answer<PolicyChange> add(const PolicyAddArguments& arguments, const std::string& by);
  Answer<PolicyChange> remove(const PolicyRemoveArguments& arguments, const std::string& by);
  Answer<PolicyReload> reload(const std::string& by);  // the file again; one that has gone is an error
  Answer<PolicyApplied> apply(const PolicyApplyArguments& arguments, const std::string& by);
  Answer<PolicyApplied> roll_back(const PolicyRollbackArguments& arguments, const std::string& by);
  Answer<PolicyConfirmed> confirm(const PolicyVersionArguments& arguments);

  Answer<PolicyHistory> history(const PolicyHistoryArguments& arguments) const;
  Answer<PolicyText> show(const PolicyVersionArguments& arguments) const;
  Answer<PolicyDifference> diff(const PolicyDiffArguments& arguments) const;
  // A version as it would judge now; 0: the one in force. Errors: not_found, invalid_policy.
  Answer<pipeline::PolicyPtr> snapshot_of(std::uint64_t number) const;

  // Rolls back what was not confirmed in time: in force at once, and written as soon as the disk takes it. What there
  // is to say about it; empty when there was nothing to do.
  std::string expire(Time now);

  const std::string& file() const noexcept { return file_; }
  pipeline::PolicyPtr current() const { return in_force_->snapshot(); }
  const std::optional<Unconfirmed>& unconfirmed() const noexcept { return unconfirmed_; }

 private:
  using Compiled = std::expected<pipeline::PolicyPtr, std::vector<policy::Diagnostic>>;
  // A text that is to be the next version.
  struct Draft {
    std::string text;
    std::vector<policy::Source> included;  // to be written with it; empty: they are on disk
    std::string by;
    std::string reason;
    bool must_pass = false;              // refused when a test in it fails
    std::string name = {};               // that diagnostics call it by; "": the policy's own file
    std::string rule_id = {};            // of the one line that is new in it; "": all of it may be
    std::optional<SentFiles> sent = {};  // what it must include; none: whatever is there
  };
  struct Published {
    pipeline::PolicyPtr before;
    pipeline::PolicyPtr after;
    std::size_t tunnels_closed = 0;
    PolicyTestsResult tests;
    std::vector<Diagnostic> warnings;
  };
  policy::CompileOptions options(std::uint64_t version) const;
  Compiled compile(const std::string& text, policy::CompileOptions how) const;
  Compiled compile(const std::string& text, std::uint64_t version) const;
  Compiled compile(const Draft& draft, std::uint64_t version) const;
  std::size_t swap_in(const pipeline::PolicyPtr& policy);  // how many tunnels that closed
  std::size_t put_in_force_again();                        // how many tunnels that closed
  std::uint64_t next_number() const;
  // policy_load.cpp
  void recover();
  Compiled read(const std::string& by, bool must_record);
  // policy_publish.cpp
  std::vector<policy::Diagnostic> called(const std::string& name, std::vector<policy::Diagnostic> diagnostics) const;
  Answer<pipeline::PolicyPtr> checked(const Draft& draft, std::uint64_t version, PolicyTestsResult& tests) const;
  Answer<Published> publish(const Draft& draft);
  PolicyApplied applied(const Published& published) const;
  Answer<PolicyApplied> would_apply(const Draft& draft) const;
  std::optional<Error> refused_now() const;  // while a version waits to be confirmed, or to be written
  // policy_edits.cpp
  Answer<std::string> text_to_edit() const;
  Answer<PolicyChange> publish_edit(Draft draft, PolicyChange change);
  // policy_confirmation.cpp
  std::string fall_back(Time now, const std::string& why_not_written);
  std::string write_again(Time now);
  // policy_history.cpp
  Answer<PolicyVersion> version(std::uint64_t number) const;

  std::string file_;
  VersionStore versions_;
  std::string unconfirmed_file_;
  std::string alarm_;
  std::vector<policy::Prefix> self_;
  std::shared_ptr<const policy::Lists> lists_;
  PolicySurroundings around_;
  std::optional<Unconfirmed> unconfirmed_;
  // A version that is in force again, because the one behind it was not confirmed, and that could not be written.
  struct Unwritten {
    std::uint64_t number = 0;
    Time next_try{};
  };
  std::optional<Unwritten> unwritten_;
  pipeline::PolicyInForce* in_force_ = nullptr;
  JudgeTunnels judge_tunnels_;
};

}  // namespace sluice::control
