#pragma once

#include <string>
#include <vector>

#include "cache/stored_response.hpp"

namespace sluice::cache {

bool is_safe_method(std::string_view method) noexcept;        // GET, HEAD, OPTIONS, TRACE (RFC 9110 9.2.1)
bool is_idempotent_method(std::string_view method) noexcept;  // those and PUT, DELETE

// RFC 9111 4.4: the URIs whose stored responses become invalid after this exchange: the target URI, Location and
// Content-Location of the same origin, made absolute and normalised as the target URI is: ready for make_cache_key().
// Empty unless the method is unsafe (or unknown) and the status 2xx or 3xx.
std::vector<std::string> invalidated_uris(const RequestView& request, const ResponseView& response);

}  // namespace sluice::cache
