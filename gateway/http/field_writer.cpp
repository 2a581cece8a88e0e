#include "gateway/http/field_writer.hpp"

#include <charconv>

namespace sluice::http {
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

}  // namespace sluice::http
