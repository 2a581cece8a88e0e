#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::policy {

// What a policy says of who need not come through the gateway, as the body of a PAC file (proxy auto-configuration).
// It says DIRECT only where the policy's verdict is `bypass` by what a PAC knows: scheme, host and port of the URL.
// What it cannot say goes through the gateway, which judges by all it knows. Names are not resolved: conditions on
// addresses hold for hosts that are written as one.
struct Pac {
  struct Unsaid {
    std::string rule_id;
    std::string text;
    std::string why;  // "it asks for `user`"
  };
  std::string decisions;  // lines of JavaScript
  std::size_t said = 0;   // bypass rules in them
  std::vector<Unsaid> unsaid;
};

// The whole file. `proxy` is what clients connect to, "gateway.example:3128"; IPv6 addresses in brackets. REQUIRES: it
// holds no quote, backslash or control character.
std::string pac_text(const Pac& pac, std::string_view proxy);

}  // namespace sluice::policy
