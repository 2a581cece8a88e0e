#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/head.hpp"

namespace sluice::http {

void write_field(std::string_view name, std::string_view value, std::string& out);  // "Name: value\r\n"
void write_number_field(std::string_view name, std::uint64_t value, std::string& out);
void write_via(Version received, std::string_view via_name,
               std::string& out);  // "Via: 1.1 name\r\n"; nothing without a name

// The fields of one message that do not go beyond its connection: those that are so by their nature and those that
// Connection names (RFC 9110 7.6.1). The options are gathered once, so that the cost stays linear in the head.
// Lifetime: views into the message.
class HopFields {
 public:
  explicit HopFields(Fields fields) noexcept;
  bool has(const Field& field) const noexcept;

 private:
  Fields fields_;
  bool names_others_ = false;  // Connection holds more than close, keep-alive, upgrade and te
};

}  // namespace sluice::http
