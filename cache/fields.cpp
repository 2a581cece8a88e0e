#include "cache/fields.hpp"

#include <algorithm>
#include <array>

#include "cache/allocation.hpp"
#include "cache/connection_options.hpp"

namespace sluice::cache {
namespace {

constexpr std::size_t kNames = static_cast<std::size_t>(FieldName::count_);

// In the order of FieldName.
constexpr std::array<std::string_view, kNames> kSpellings = {
    "",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Age",
    "Allow",
    "Authorization",
    "Cache-Control",
    "Cache-Status",
    "Cache-Tag",
    "CDN-Cache-Control",
    "CDN-Loop",
    "Connection",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "ETag",
    "Expect",
    "Expires",
    "Forwarded",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Last-Modified",
    "Location",
    "Max-Forwards",
    "Pragma",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Proxy-Status",
    "Range",
    "Server",
    "Set-Cookie",
    "Sluice-Cache-Control",
    "Sluice-Directives",
    "Surrogate-Key",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Vary",
    "Via",
    "Warning",
    "WWW-Authenticate",
    "X-Forwarded-For",
};
static_assert(!kSpellings.back().empty(), "a name of the enumeration has no spelling");

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool equal_folded(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) { return false; }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) { return false; }
  }
  return true;
}

// A perfect hash over length and three octets: one probe, one comparison. The multiplier is searched by the compiler.
constexpr std::size_t kSlots = 512;

constexpr std::uint32_t slot_of(std::string_view name, std::uint32_t multiplier) noexcept {
  const auto octet = [name](std::size_t i) { return static_cast<std::uint32_t>(name[i]) | 0x20U; };
  const auto size = static_cast<std::uint32_t>(name.size());
  const auto mixed = size ^ (octet(0) << 5U) ^ (octet(name.size() / 2) << 12U) ^ (octet(name.size() - 1) << 19U);
  return (mixed * multiplier) >> 23U;
}
static_assert(kSlots == 1U << (32U - 23U));

constexpr bool is_perfect(std::uint32_t multiplier) {
  std::array<bool, kSlots> taken{};
  for (std::size_t i = 1; i < kNames; ++i) {
    auto& slot = taken[slot_of(kSpellings[i], multiplier)];
    if (slot) { return false; }
    slot = true;
  }
  return true;
}

constexpr std::uint32_t find_multiplier() {
  std::uint32_t multiplier = 0x9E3779B1U;
  while (!is_perfect(multiplier)) { multiplier = multiplier * 1664525U + 1013904223U; }
  return multiplier;
}
constexpr std::uint32_t kMultiplier = find_multiplier();

constexpr std::array<FieldName, kSlots> make_table() {
  std::array<FieldName, kSlots> table{};
  for (std::size_t i = 1; i < kNames; ++i) { table[slot_of(kSpellings[i], kMultiplier)] = static_cast<FieldName>(i); }
  return table;
}
constexpr auto kTable = make_table();

template <typename Matches>
std::string join(Fields fields, Matches matches) {
  std::string out;
  bool first = true;
  for (const auto& field : fields) {
    if (!matches(field)) { continue; }
    if (!first) { out += ", "; }
    out += field.value;
    first = false;
  }
  return out;
}

}  // namespace

FieldName field_name(std::string_view name) noexcept {
  if (name.empty()) { return FieldName::other; }
  const auto candidate = kTable[slot_of(name, kMultiplier)];
  const auto known = spelling(candidate);
  if (name.size() != known.size()) { return FieldName::other; }
  return name == known || equal_folded(name, known) ? candidate : FieldName::other;
}

std::string_view spelling(FieldName name) noexcept {
  const auto index = static_cast<std::size_t>(name);
  return index < kNames ? kSpellings[index] : std::string_view{};
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return equal_folded(a, b);
}

std::string_view trim(std::string_view text) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) { text.remove_prefix(1); }
  while (!text.empty() && is_blank(text.back())) { text.remove_suffix(1); }
  return text;
}

const Field* find(Fields fields, FieldName id) noexcept {
  for (const auto& field : fields) {
    if (field.id == id) { return &field; }
  }
  return nullptr;
}

const Field* find(Fields fields, std::string_view name) noexcept {
  for (const auto& field : fields) {
    if (equal_folded(field.name, name)) { return &field; }
  }
  return nullptr;
}

std::string combined(Fields fields, FieldName id) {
  return join(fields, [id](const Field& field) { return field.id == id; });
}

std::string combined(Fields fields, std::string_view name) {
  return join(fields, [name](const Field& field) { return equal_folded(field.name, name); });
}

bool has_token(Fields fields, FieldName id, std::string_view token) noexcept {
  bool found = false;
  for (const auto& field : fields) {
    if (field.id != id) { continue; }
    for_each_member(field.value, [&](std::string_view member) { found = found || equal_folded(member, token); });
    if (found) { return true; }
  }
  return false;
}

// RFC 9110 7.6.1: "Intermediaries MUST parse a received Connection header field before a message is forwarded and, for
// each connection-option in this field, remove any header or trailer field(s) from the message with the same name as
// the connection-option, and then remove the Connection header field itself".
bool is_connection_specific(const Field& field, Fields all) noexcept {
  return is_hop_field(field) || has_token(all, FieldName::connection, field.name);
}

OwnedFields::OwnedFields(Fields fields) {
  std::size_t octets = 0;
  for (const auto& field : fields) { octets += field.name.size() + field.value.size(); }
  text_.resize(octets);
  fields_.reserve(fields.size());
  char* end = text_.data();
  const auto keep = [&end](std::string_view text) {
    const std::string_view kept(end, text.size());
    end = std::copy(text.begin(), text.end(), end);
    return kept;
  };
  for (const auto& field : fields) {
    const auto id = field.id == FieldName::other ? field_name(field.name) : field.id;
    const auto name = keep(field.name);
    fields_.push_back({name, keep(field.value), id});
  }
}

std::size_t OwnedFields::memory() const noexcept {
  return allocated(text_.capacity()) + allocated(fields_.capacity() * sizeof(Field));
}

}  // namespace sluice::cache
