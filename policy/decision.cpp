#include "policy/decision.hpp"

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

}  // namespace sluice::policy
