#pragma once

#include <optional>
#include <string_view>

#include "cache/fields.hpp"

namespace sluice::cache {

// An entity tag (RFC 9110 8.8.3). Lifetime: views the message.
struct EntityTag {
  std::string_view opaque;  // with its quotes
  bool weak = false;
};

// The whole text as one entity tag; nullopt for any deviation (a weakness mark in lower case, no quotes, ...).
std::optional<EntityTag> parse_entity_tag(std::string_view text) noexcept;

// RFC 9110 8.8.3.2.
bool matches_strongly(const EntityTag& a, const EntityTag& b) noexcept;
bool matches_weakly(const EntityTag& a, const EntityTag& b) noexcept;

// What an If-Match or If-None-Match field makes of a current entity tag (null: the representation has none).
// `malformed` lists match nothing.
enum class TagListResult : std::uint8_t { matches, differs, malformed };
enum class Comparison : std::uint8_t { strong, weak };
TagListResult match_tag_list(Fields request, FieldName id, const EntityTag* current, Comparison comparison) noexcept;

}  // namespace sluice::cache
