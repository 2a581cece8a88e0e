#include "policy/snapshot.hpp"

namespace sluice::policy {

std::string_view default_policy_text() noexcept {
  return R"policy(# Sluice's policy: one rule a line, the first one that is true decides.
# The language is described in docs/policy.md. `sluice policy list` shows the rules with their ids.

# Nobody gets at the gateway's own networks: loopback, link-local, cloud metadata, and the gateway's own addresses.
# To allow a site on this machine, add above the rule:
#   allow to 127.0.0.1
deny to local, self reason "the gateway's own networks"

# The TLS server name is the host that was asked for. To let a site be asked for by another name, add above the rule:
#   allow inconsistent authority www.example.com sni cdn.example
deny inconsistent reason "the TLS server name is not the host that CONNECT named"

# CONNECT opens a tunnel that nobody looks into. More ports: `unless port 443, 8443`.
deny method CONNECT unless port 443 reason "CONNECT is allowed to port 443 only"

# The default: what no rule above decided.
allow
)policy";
}

}  // namespace sluice::policy
