#include "policy/decision.hpp"

#include "policy/lists/list_set.hpp"

namespace sluice::policy {

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::allow:
      return "allow";
    case Verdict::deny:
      return "deny";
    case Verdict::undecided:
      break;
  }
  return "undecided";
}

ListEntryText Decision::list_entry() const {
  return listed.set->describe(listed);
}

}  // namespace sluice::policy
