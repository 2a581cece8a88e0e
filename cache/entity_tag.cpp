#include "cache/entity_tag.hpp"

#include <algorithm>

namespace sluice::cache {
namespace {

// RFC 9110 8.8.3: etagc = %x21 / %x23-7E / obs-text. There is no escaping in an entity tag.
bool is_tag_octet(char c) noexcept {
  const auto octet = static_cast<unsigned char>(c);
  return octet == 0x21 || (octet >= 0x23 && octet <= 0x7e) || octet >= 0x80;
}

// Cuts one entity tag off the front of `text`.
std::optional<EntityTag> take_tag(std::string_view& text) noexcept {
  EntityTag tag;
  auto rest = text;
  if (rest.starts_with("W/")) {
    tag.weak = true;
    rest.remove_prefix(2);
  }
  if (!rest.starts_with('"')) { return std::nullopt; }
  std::size_t size = 1;
  while (size < rest.size() && is_tag_octet(rest[size])) { ++size; }
  if (size == rest.size() || rest[size] != '"') { return std::nullopt; }
  tag.opaque = rest.substr(0, size + 1);
  text = rest.substr(size + 1);
  return tag;
}

void skip_separators(std::string_view& text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(" \t,"), text.size()));
}

// One line of the list; a tag needs a comma or the end after it.
TagListResult match_line(std::string_view line, const EntityTag* current, Comparison comparison) noexcept {
  auto result = TagListResult::differs;
  const auto compare = comparison == Comparison::strong ? matches_strongly : matches_weakly;
  for (skip_separators(line); !line.empty(); skip_separators(line)) {
    const auto tag = take_tag(line);
    const auto after = trim(line);
    if (!tag || !(after.empty() || after.front() == ',')) { return TagListResult::malformed; }
    if (current != nullptr && compare(*tag, *current)) { result = TagListResult::matches; }
  }
  return result;
}

}  // namespace

std::optional<EntityTag> parse_entity_tag(std::string_view text) noexcept {
  const auto tag = take_tag(text);
  return text.empty() ? tag : std::nullopt;
}

// RFC 9110 8.8.3.2: "two entity tags are equivalent if both are not weak and their opaque-tags match
// character-by-character."
bool matches_strongly(const EntityTag& a, const EntityTag& b) noexcept {
  return !a.weak && !b.weak && a.opaque == b.opaque;
}

// RFC 9110 8.8.3.2: "two entity tags are equivalent if their opaque-tags match character-by-character, regardless of
// either or both being tagged as "weak"."
bool matches_weakly(const EntityTag& a, const EntityTag& b) noexcept {
  return a.opaque == b.opaque;
}

TagListResult match_tag_list(Fields request, FieldName id, const EntityTag* current, Comparison comparison) noexcept {
  const auto* first = find(request, id);
  // RFC 9110 13.1.1, 13.1.2: "*" stands alone and is about any current representation.
  if (first != nullptr && first->value == "*") { return TagListResult::matches; }
  auto result = TagListResult::differs;
  for (const auto& field : request) {
    if (field.id != id) { continue; }
    const auto line = match_line(field.value, current, comparison);
    if (line == TagListResult::malformed) { return line; }
    if (line == TagListResult::matches) { result = line; }
  }
  return result;
}

}  // namespace sluice::cache
