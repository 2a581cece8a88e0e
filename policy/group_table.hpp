#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// The groups of a policy by name: `group staff alice, bob`. Rules may name groups that are defined anywhere.
class GroupTable {
 public:
  // Reports groups that are defined twice.
  GroupTable(std::span<const GroupSyntax> groups, Report& report);

  // Everybody who is in one of these. Unknown names are reported; then nullopt.
  std::optional<std::vector<std::string>> resolve(std::span<const GroupName> names, Report& report) const;
  std::vector<std::string> names() const;  // sorted

 private:
  std::string unknown(std::string_view name) const;

  std::map<std::string, const GroupSyntax*, std::less<>> groups_;
};

}  // namespace sluice::policy
