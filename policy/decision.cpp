#include "policy/decision.hpp"

#include <algorithm>
#include <array>

#include "policy/lists/list_set.hpp"

namespace sluice::policy {
namespace {

// In the order of Verdict.
constexpr std::array<std::string_view, kVerdicts> kWords{"undecided", "allow",    "deny",  "splice",
                                                         "bypass",    "redirect", "reject"};

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  return kWords[static_cast<std::size_t>(verdict)];
}

std::optional<Verdict> verdict_of(std::string_view word) noexcept {
  const auto found = std::ranges::find(kWords, word);
  if (found == kWords.end() || found == kWords.begin()) { return std::nullopt; }
  return static_cast<Verdict>(found - kWords.begin());
}

ListEntryText Decision::list_entry() const {
  return listed.set->describe(listed);
}

}  // namespace sluice::policy
