#pragma once

#include "gateway/pipeline/services.hpp"

namespace sluice::pipeline {

// Gives a stored response another head in both tiers (RFC 9111 4.3.4, 4.3.5). Returns the response as it is now; it is
// put into memory again when it was evicted meanwhile.
cache::StoredResponsePtr freshen_stored(Services& services, const cache::StoredResponsePtr& stored,
                                        cache::StoredHead head);

}  // namespace sluice::pipeline
