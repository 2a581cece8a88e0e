// An htpasswd file: every user or line is accounted for, and every diagnostic names its line. Nothing is hashed.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/identity/accounts.hpp"

namespace {

void require(bool holds) {
  if (!holds) { std::abort(); }
}

void check(const std::vector<sluice::policy::Diagnostic>& diagnostics, int lines) {
  for (const auto& diagnostic : diagnostics) {
    require(diagnostic.line >= 1 && diagnostic.line <= lines);
    require(!diagnostic.message.empty() && diagnostic.excerpt.empty());
    for (const char c : diagnostic.text()) { require(static_cast<unsigned char>(c) >= 0x20); }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  int lines = 1;
  for (const char c : text) { lines += c == '\n' ? 1 : 0; }
  const auto parsed = sluice::identity::parse_htpasswd(text, "users");
  if (!parsed) {
    require(!parsed.error().empty());
    check(parsed.error(), lines);
    return 0;
  }
  check(parsed->warnings, lines);
  require(parsed->accounts.size() + parsed->warnings.size() <= static_cast<std::size_t>(lines));
  return 0;
}
