#pragma once

#include <optional>

#include "cache/entity_tag.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// The well-formed entity tag of a sealed head. Lifetime: views the head's fields.
std::optional<EntityTag> stored_entity_tag(const StoredHead& stored) noexcept;

// Last-Modified, else Date, else the time received (RFC 9111 4.3.2).
UnixTime modification_time(const StoredHead& stored) noexcept;

// The Last-Modified when it identifies the representation strongly (RFC 9110 8.8.2.2), else nullopt.
std::optional<UnixTime> strong_modification_time(const StoredHead& stored) noexcept;

}  // namespace sluice::cache
