#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/control/protocol.hpp"
#include "gateway/pipeline/policy_in_force.hpp"
#include "policy/snapshot.hpp"

namespace sluice::control {

// The policy text on disk and its life: read, edited, compiled, written and put in force, in that order, so that an
// edit that fails anywhere leaves the old policy as it was. The file is the truth; a version number names each text.
// Thread: the main thread. Cost: compiles, writes and syncs a file; never on a worker.
class PolicyKeeper {
 public:
  // `judge_tunnels` puts the new snapshot to the open tunnels; returns how many were closed.
  using JudgeTunnels = std::function<std::size_t(const pipeline::PolicyPtr&)>;

  PolicyKeeper(std::string file, std::string version_file, std::vector<policy::Prefix> self);

  // The first policy. A file that does not exist is made from the default policy.
  // Errors: every diagnostic, or one that says why the file cannot be read.
  std::expected<pipeline::PolicyPtr, std::vector<policy::Diagnostic>> load();

  void put_in_force(pipeline::PolicyInForce& in_force, JudgeTunnels judge_tunnels);

  // What the gateway's own addresses are: listeners and interfaces.
  void set_self(std::vector<policy::Prefix> self) { self_ = std::move(self); }

  // The lists that are in force from now on, with the policy that is; returns how many tunnels that closed.
  std::size_t use_lists(std::shared_ptr<const policy::Lists> lists);

  Answer<PolicyChange> add(const PolicyAddArguments& arguments);
  Answer<PolicyChange> remove(const PolicyRemoveArguments& arguments);
  Answer<PolicyReload> reload();  // the file again; one that has gone is an error

  const std::string& file() const noexcept { return file_; }
  pipeline::PolicyPtr current() const { return in_force_->snapshot(); }

 private:
  using Compiled = std::expected<pipeline::PolicyPtr, std::vector<policy::Diagnostic>>;
  Compiled read() const;
  Compiled compile(const std::string& text, std::uint64_t version) const;
  struct Editable {
    std::string text;
    pipeline::PolicyPtr policy;
  };
  Answer<Editable> text_to_edit() const;
  Answer<PolicyChange> apply(const std::string& text, PolicyChange change);
  std::uint64_t version_for(const std::string& text) const;
  Answer<void> write(const std::string& text, std::uint64_t version) const;

  std::string file_;
  std::string version_file_;
  std::vector<policy::Prefix> self_;
  std::shared_ptr<const policy::Lists> lists_;
  pipeline::PolicyInForce* in_force_ = nullptr;
  JudgeTunnels judge_tunnels_;
};

}  // namespace sluice::control
