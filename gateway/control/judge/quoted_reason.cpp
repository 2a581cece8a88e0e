#include "gateway/control/judge/quoted_reason.hpp"

#include "policy/lexer.hpp"

namespace sluice::control {

std::string quoted_reason(std::string_view reason) {
  std::string text;
  bool is_open = false;  // a backslash that would belong to what follows it
  for (const char c : reason) {
    if (is_open && c == '"') { text += ' '; }
    is_open = c == '\\' && !is_open;
    text += c;
  }
  if (is_open) { text += ' '; }
  return policy::quoted(text);
}

}  // namespace sluice::control
