#include "policy/group_table.hpp"

#include "policy/nearest.hpp"

namespace sluice::policy {

GroupTable::GroupTable(std::span<const GroupSyntax> groups, Report& report) {
  for (const GroupSyntax& group : groups) {
    const auto [other, is_new] = groups_.emplace(group.name, &group);
    if (is_new) { continue; }
    report.error(group.at, "the group `" + group.name + "` is defined on line " +
                               std::to_string(other->second->at.line) + " already");
  }
}

std::optional<std::vector<std::string>> GroupTable::resolve(std::span<const GroupName> names, Report& report) const {
  std::vector<std::string> users;
  bool is_good = true;
  for (const GroupName& name : names) {
    const auto group = groups_.find(name.name);
    if (group == groups_.end()) {
      report.error(name.at, unknown(name.name));
      is_good = false;
      continue;
    }
    users.insert(users.end(), group->second->users.begin(), group->second->users.end());
  }
  if (!is_good) { return std::nullopt; }
  return users;
}

std::vector<std::string> GroupTable::names() const {
  std::vector<std::string> names;
  for (const auto& [name, group] : groups_) { names.push_back(name); }
  return names;
}

std::string GroupTable::unknown(std::string_view name) const {
  std::vector<std::string_view> known;
  for (const auto& [defined, group] : groups_) { known.push_back(defined); }
  const std::string hint = did_you_mean(name, known);
  return "unknown group `" + std::string(name) + '`' +
         (hint.empty() ? "; define it with `group " + std::string(name) + " USER, ...`" : hint);
}

}  // namespace sluice::policy
