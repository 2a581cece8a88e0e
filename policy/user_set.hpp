#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::policy {

// The users that a condition holds for: by name, and by the groups that whoever verified them says they are in.
class UserSet {
 public:
  UserSet(std::vector<std::string> users, std::vector<std::string> groups)
      : users_(sorted(std::move(users))), groups_(sorted(std::move(groups))) {}

  bool has_user(std::string_view name) const noexcept { return std::ranges::binary_search(users_, name); }
  bool has_group(std::string_view name) const noexcept { return std::ranges::binary_search(groups_, name); }

 private:
  static std::vector<std::string> sorted(std::vector<std::string> names) {
    std::ranges::sort(names);
    const auto rest = std::ranges::unique(names);
    names.erase(rest.begin(), rest.end());
    return names;
  }

  std::vector<std::string> users_;
  std::vector<std::string> groups_;
};

}  // namespace sluice::policy
