#pragma once

#include <string>

#include "gateway/control/lists/list_edits.hpp"
#include "policy/lists/lists.hpp"

namespace sluice::control {

// Why an edit would change nothing: "`a.example` is in the list `ads` already (line 3)", "`a.example` is not in the
// list `ads`"; "" when it changes something.
std::string why_without_effect(const ListEdit& edit, policy::ListFormat format, const policy::Lists& lists);

}  // namespace sluice::control
