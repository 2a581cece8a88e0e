#pragma once

#include <string_view>

#include "cache/fields.hpp"

namespace sluice::cache {

// More tags of one response than this are not looked at, nor is a tag of more octets than the other says.
inline constexpr std::size_t kMostTags = 1024;
inline constexpr std::size_t kLongestTag = 1024;

// The fields that hold tags. They are for caches, so no client gets them.
constexpr bool holds_tags(FieldName name) noexcept {
  return name == FieldName::surrogate_key || name == FieldName::cache_tag;
}

// Could this text come out of for_each_tag()?
constexpr bool is_tag(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kLongestTag && text.find_first_of(" \t,\r\n") == std::string_view::npos;
}

// Calls `each(std::string_view tag)` for the tags of a message: Surrogate-Key, separated by blanks, and Cache-Tag,
// separated by commas. A comma ends a tag in both, and so does a blank, so that a tag is the same text wherever it came
// from. Case matters. Cost: linear.
template <typename Each>
void for_each_tag(Fields fields, Each&& each) {
  std::size_t seen = 0;
  for (const Field& field : fields) {
    if (!holds_tags(field.id)) { continue; }
    for (auto rest = field.value; !rest.empty() && seen < kMostTags;) {
      const auto tag = rest.substr(0, rest.find_first_of(" \t,"));
      rest.remove_prefix(tag.size() < rest.size() ? tag.size() + 1 : tag.size());
      if (!is_tag(tag)) { continue; }
      ++seen;
      each(tag);
    }
  }
}

}  // namespace sluice::cache
