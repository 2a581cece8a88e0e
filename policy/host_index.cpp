#include "policy/host_index.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

// Most conditions name a host or two.
constexpr std::size_t kFew = 4;

bool is_below(std::string_view host, std::string_view name) noexcept {
  return host.ends_with(name) && (host.size() == name.size() || host[host.size() - name.size() - 1] == '.');
}

bool holds(const std::vector<std::string>& sorted, std::string_view name) noexcept {
  if (sorted.size() <= kFew) { return std::ranges::find(sorted, name) != sorted.end(); }
  return std::ranges::binary_search(sorted, name, std::less<>{});
}

void make_set(std::vector<std::string>& names) {
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
}

}  // namespace

HostIndex::HostIndex(std::span<const HostPattern> patterns) {
  for (const HostPattern& pattern : patterns) {
    if (is_every_host(pattern)) {
      holds_every_ = true;
      continue;
    }
    (pattern.is_suffix ? suffixes_ : names_).push_back(pattern.name);
  }
  make_set(names_);
  make_set(suffixes_);
}

// An address has no names below it: no suffix ends in a number or holds a colon, so none is ever found in one.
bool HostIndex::contains(std::string_view host) const noexcept {
  if (holds(names_, host) || (holds_every_ && !host.empty())) { return true; }
  if (suffixes_.size() <= kFew) {
    return std::ranges::any_of(suffixes_, [&](const std::string& name) { return is_below(host, name); });
  }
  while (true) {
    if (holds(suffixes_, host)) { return true; }
    const std::size_t dot = host.find('.');
    if (dot == host.npos) { return false; }
    host.remove_prefix(dot + 1);
  }
}

}  // namespace sluice::policy
