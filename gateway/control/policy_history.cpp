// The versions that are kept: listed, shown, compared, and as they would judge now.

#include "gateway/control/judge/judge.hpp"
#include "gateway/control/policy_changes.hpp"
#include "gateway/control/policy_keeper.hpp"
#include "gateway/control/version_name.hpp"

namespace sluice::control {
namespace {

PolicyVersionHead head_of(const PolicyVersion& version) {
  PolicyVersionHead head;
  head.version = version.number;
  head.time = static_cast<double>(version.time);
  head.author = version.author;
  head.reason = version.reason;
  head.hash = version.hash;
  return head;
}

}  // namespace

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
  if (!compiled) {
    return std::unexpected(invalid_policy(compiled.error(), "sluice policy show " + version_name(number)));
  }
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
