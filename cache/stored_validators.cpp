#include "cache/stored_validators.hpp"

#include "cache/http_date.hpp"

namespace sluice::cache {
namespace {

UnixTime date_of(const StoredHead& stored) noexcept {
  const auto* date = find(stored.fields.fields(), FieldName::date);
  if (date == nullptr) { return stored.response_time; }
  return parse_http_date(date->value, stored.response_time).value_or(stored.response_time);
}

}  // namespace

std::optional<EntityTag> stored_entity_tag(const StoredHead& stored) noexcept {
  if (stored.derived.etag < 0) { return std::nullopt; }
  return parse_entity_tag(stored.fields.fields()[static_cast<std::size_t>(stored.derived.etag)].value);
}

// RFC 9111 4.3.2: If-Modified-Since is compared with "the stored response's Last-Modified field value"; "If no
// Last-Modified header field is present in the stored response, ... the Date"; "if neither ... the time that the
// response was received".
UnixTime modification_time(const StoredHead& stored) noexcept {
  return stored.derived.has_last_modified ? stored.derived.last_modified : date_of(stored);
}

// RFC 9110 8.8.2.2: a Last-Modified is weak unless "that presented Last-Modified time is at least one second earlier
// than the Date value" of the response.
std::optional<UnixTime> strong_modification_time(const StoredHead& stored) noexcept {
  const bool is_strong = stored.derived.has_last_modified && stored.derived.last_modified < date_of(stored);
  return is_strong ? std::optional(stored.derived.last_modified) : std::nullopt;
}

}  // namespace sluice::cache
