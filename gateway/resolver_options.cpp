#include "gateway/resolver_options.hpp"

namespace sluice {

upstream::ResolverOptions resolver_options(const config::Configuration& configuration) {
  upstream::ResolverOptions options;
  options.servers = configuration.upstream.dns_servers;
  options.timeout = configuration.timeouts.dns;
  options.negative_ttl = configuration.upstream.dns_negative_ttl;
  options.last_good = configuration.upstream.dns_last_good;
  return options;
}

}  // namespace sluice
