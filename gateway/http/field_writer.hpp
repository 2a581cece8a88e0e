#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/head.hpp"

namespace sluice::http {

void write_field(std::string_view name, std::string_view value, std::string& out);  // "Name: value\r\n"
void write_number_field(std::string_view name, std::uint64_t value, std::string& out);
void write_via(Version received, std::string_view via_name,
               std::string& out);  // "Via: 1.1 name\r\n"; nothing without a name

}  // namespace sluice::http
