#pragma once

#include "gateway/config/configuration.hpp"
#include "gateway/upstream/resolver.hpp"

namespace sluice {

// How names are resolved, for requests and for lists alike.
upstream::ResolverOptions resolver_options(const config::Configuration& configuration);

}  // namespace sluice
