#pragma once

#include <string>
#include <string_view>

namespace sluice::control {

// A reason as a rule has it, in quotes. The language has no way to write a backslash ahead of a quote or at the end of
// a text, unless another one stands ahead of it: there a blank follows it.
std::string quoted_reason(std::string_view reason);

}  // namespace sluice::control
