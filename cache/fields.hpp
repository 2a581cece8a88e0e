#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cache {

// The field names that the gateway gives a meaning to. `other` is every other name.
enum class FieldName : std::uint8_t {
  other,
  accept,
  accept_encoding,
  accept_language,
  accept_ranges,
  age,
  allow,
  authorization,
  cache_control,
  cache_status,
  cache_tag,
  cdn_cache_control,
  cdn_loop,
  connection,
  content_encoding,
  content_language,
  content_length,
  content_location,
  content_range,
  content_type,
  cookie,
  date,
  etag,
  expect,
  expires,
  forwarded,
  host,
  if_match,
  if_modified_since,
  if_none_match,
  if_range,
  if_unmodified_since,
  keep_alive,
  last_modified,
  location,
  max_forwards,
  pragma,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  proxy_status,
  range,
  server,
  set_cookie,
  sluice_cache_control,
  sluice_directives,  // made here: what governs a stored response (response_directives)
  surrogate_key,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  vary,
  via,
  warning,
  www_authenticate,
  x_forwarded_for,
  count_,
};

FieldName field_name(std::string_view name) noexcept;  // case-insensitive; `other` when it is none of them
std::string_view spelling(FieldName name) noexcept;    // "Content-Length"; "" for `other`

// One field line: a view into the message that holds it.
struct Field {
  std::string_view name;
  std::string_view value;  // without surrounding whitespace
  FieldName id = FieldName::other;
};
using Fields = std::span<const Field>;

// Directives for this cache alone: no client gets them.
constexpr bool is_for_this_cache(FieldName name) noexcept {
  return name == FieldName::sluice_cache_control || name == FieldName::sluice_directives;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
std::string_view trim(std::string_view text) noexcept;  // SP and HTAB at both ends

const Field* find(Fields fields, FieldName id) noexcept;           // the first such line, or null
const Field* find(Fields fields, std::string_view name) noexcept;  // case-insensitive
std::string combined(Fields fields, FieldName id);                 // all lines joined with ", " (RFC 9110 5.2)
std::string combined(Fields fields, std::string_view name);

// Calls `each(std::string_view member)` for every non-empty member of a comma-separated list value (RFC 9110 5.6.1),
// quoted strings kept whole, whitespace trimmed.
template <typename Each>
void for_each_member(std::string_view value, Each&& each) {
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    if (i < value.size()) {
      if (quoted && value[i] == '\\' && i + 1 < value.size()) {
        ++i;
        continue;
      }
      if (value[i] == '"') {
        quoted = !quoted;
        continue;
      }
      if (quoted || value[i] != ',') { continue; }
    }
    const auto member = trim(value.substr(start, (i < value.size() ? i : value.size()) - start));
    if (!member.empty()) { each(member); }
    start = i + 1;
  }
}

// True when `token` is a member of the list that all lines with this name make up; case-insensitive.
bool has_token(Fields fields, FieldName id, std::string_view token) noexcept;

// Fields that belong to one connection and never to a stored or forwarded message: Connection and what it names,
// Keep-Alive, Proxy-Connection, TE, Transfer-Encoding, Upgrade, Proxy-Authenticate and the like (RFC 9110 7.6.1).
// Cost: linear in Connection, nothing allocated. For all fields of a message see ConnectionOptions.
bool is_connection_specific(const Field& field, Fields all) noexcept;

// Fields with storage of their own: a head that outlives the message it was read from.
// ENSURES: views in `fields()` stay valid for the life of the object, also when it is moved.
class OwnedFields {
 public:
  OwnedFields() = default;
  explicit OwnedFields(Fields fields);
  OwnedFields(const OwnedFields& other) : OwnedFields(other.fields()) {}
  OwnedFields(OwnedFields&&) noexcept = default;
  OwnedFields& operator=(const OwnedFields& other) { return *this = OwnedFields(other); }
  OwnedFields& operator=(OwnedFields&&) noexcept = default;

  Fields fields() const noexcept { return fields_; }
  std::size_t memory() const noexcept;  // octets held

 private:
  std::vector<char> text_;
  std::vector<Field> fields_;
};

}  // namespace sluice::cache
