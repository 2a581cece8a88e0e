#include "gateway/control/policy_keeper.hpp"

#include <algorithm>

#include "gateway/base/error.hpp"
#include "gateway/control/judge/included_files.hpp"

namespace sluice::control {

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

void PolicyKeeper::put_in_force(pipeline::PolicyInForce& in_force, JudgeTunnels judge_tunnels) {
  in_force_ = &in_force;
  judge_tunnels_ = std::move(judge_tunnels);
}

std::size_t PolicyKeeper::swap_in(const pipeline::PolicyPtr& policy) {
  lists_ = policy->lists();
  alarm_.clear();
  unwritten_.reset();
  in_force_->swap_in(policy);
  return judge_tunnels_(policy);
}

// No number is given twice while we run, even if the versions were lost.
std::uint64_t PolicyKeeper::next_number() const {
  const auto in_force = in_force_ == nullptr ? 0 : current()->version();
  return std::max(versions_.latest(), in_force) + 1;
}

}  // namespace sluice::control
