#include "gateway/control/say.hpp"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace sluice::control {

void say(std::string_view text) {
  std::string line = "sluiced: " + std::string(text);
  std::ranges::replace_if(line, [](unsigned char octet) { return octet < 0x20 || octet == 0x7F; }, ' ');
  line += '\n';
  if (::isatty(STDERR_FILENO) != 0) { line.insert(0, "\r\033[K"); }  // over the summary line
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void say(const std::vector<policy::Diagnostic>& diagnostics) {
  for (const auto& diagnostic : diagnostics) { std::fprintf(stderr, "%s\n", diagnostic.text().c_str()); }
}

std::function<void(std::exception_ptr)> say_failure_of(std::string who) {
  return [who = std::move(who)](const std::exception_ptr& failure) {
    if (failure == nullptr) { return; }
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& exception) { say(who + ": " + exception.what()); }
  };
}

}  // namespace sluice::control
