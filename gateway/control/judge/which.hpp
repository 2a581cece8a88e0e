#pragma once

#include "gateway/control/protocol.hpp"
#include "policy/decision.hpp"
#include "policy/lists/lists.hpp"

namespace sluice::control {

// Answers `lists.which`: every entry that a host, an address or a URL is found in. Errors: bad_request.
[[nodiscard]] Answer<ListsWhich> which(const policy::Lists& lists, const ListsWhichArguments& arguments);

// The entry by which a rule matched; without one its list is "".
ListMatch match_of(const policy::Decision& decision);

}  // namespace sluice::control
