#include "cache/connection_options.hpp"

#include <algorithm>

#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

static_assert(static_cast<std::size_t>(FieldName::count_) <= 64, "known_ has one bit a name");

std::uint64_t bit_of(FieldName id) noexcept {
  return std::uint64_t{1} << static_cast<unsigned>(id);
}

bool precedes(std::string_view a, std::string_view b) noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return to_lower(x) < to_lower(y); });
}

}  // namespace

ConnectionOptions::ConnectionOptions(Fields all) {
  for (const auto& field : all) {
    if (field.id != FieldName::connection) { continue; }
    for_each_member(field.value, [this](std::string_view option) { add(option); });
  }
  std::sort(others_.begin(), others_.end(), precedes);
}

void ConnectionOptions::add(std::string_view option) {
  if (equals_ignoring_case(option, "close")) { return; }  // no field has this name
  const auto id = field_name(option);
  if (id != FieldName::other) {
    known_ |= bit_of(id);
  } else {
    others_.push_back(option);
  }
}

bool ConnectionOptions::is_connection_specific(const Field& field) const noexcept {
  if (is_hop_field(field)) { return true; }
  if (field.id != FieldName::other) { return (known_ & bit_of(field.id)) != 0; }
  return std::binary_search(others_.begin(), others_.end(), field.name, precedes);
}

bool is_hop_field(const Field& field) noexcept {
  switch (field.id) {
    case FieldName::connection:
    case FieldName::keep_alive:
    case FieldName::proxy_connection:
    case FieldName::te:
    case FieldName::transfer_encoding:
    case FieldName::upgrade:
    case FieldName::proxy_authenticate:
    case FieldName::proxy_authorization:
      return true;
    case FieldName::other:
      return equals_ignoring_case(field.name, "Proxy-Authentication-Info") ||
             equals_ignoring_case(field.name, "HTTP2-Settings");
    default:
      return false;
  }
}

}  // namespace sluice::cache
