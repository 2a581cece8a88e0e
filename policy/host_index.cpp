#include "policy/host_index.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

bool holds(const std::vector<std::string>& sorted, std::string_view name) noexcept {
  return std::ranges::binary_search(sorted, name, std::less<>{});
}

void make_set(std::vector<std::string>& names) {
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
}

}  // namespace

HostIndex::HostIndex(std::span<const HostPattern> patterns) {
  for (const HostPattern& pattern : patterns) { (pattern.is_suffix ? suffixes_ : names_).push_back(pattern.name); }
  make_set(names_);
  make_set(suffixes_);
}

// An address has no names below it: no suffix ends in a number or holds a colon, so none is ever found in one.
bool HostIndex::contains(std::string_view host) const noexcept {
  if (holds(names_, host)) { return true; }
  while (!suffixes_.empty()) {
    if (holds(suffixes_, host)) { return true; }
    const std::size_t dot = host.find('.');
    if (dot == host.npos) { break; }
    host.remove_prefix(dot + 1);
  }
  return false;
}

}  // namespace sluice::policy
