#include "gateway/http/field_writer.hpp"

#include <charconv>

namespace sluice::http {
namespace {

bool is_plain_option(std::string_view option) {
  for (const std::string_view plain : {"keep-alive", "close", "upgrade", "te"}) {
    if (cache::equals_ignoring_case(option, plain)) { return true; }
  }
  return false;
}

}  // namespace

void write_field(std::string_view name, std::string_view value, std::string& out) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void write_number_field(std::string_view name, std::uint64_t value, std::string& out) {
  char digits[20];
  const auto written = std::to_chars(digits, digits + sizeof digits, value);
  write_field(name, {digits, static_cast<std::size_t>(written.ptr - digits)}, out);
}

void write_via(Version received, std::string_view via_name, std::string& out) {
  if (via_name.empty()) { return; }
  out += received == Version::http_1_1 ? "Via: 1.1 " : "Via: 1.0 ";
  out += via_name;
  out += "\r\n";
}

HopFields::HopFields(Fields fields) noexcept : fields_(fields) {
  for (const auto& field : fields) {
    if (field.id != FieldName::connection) { continue; }
    cache::for_each_member(
        field.value, [this](std::string_view option) { names_others_ = names_others_ || !is_plain_option(option); });
  }
}

// The parser bounds Connection, and most messages name nothing of interest in it.
bool HopFields::has(const Field& field) const noexcept {
  return cache::is_connection_specific(field, names_others_ ? fields_ : Fields{});
}

}  // namespace sluice::http
