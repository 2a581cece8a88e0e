#pragma once

#include <string_view>

namespace sluice::policy {

// How the values of conditions on texts compare with the fact.

bool is_listener(std::string_view value, std::string_view listener) noexcept;  // "3128" is any address with this port
// The path itself and everything below it: "/app" holds for "/app" and "/app/x", not for "/apple".
bool is_below_path(std::string_view value, std::string_view path_and_query) noexcept;
// "name", "name*" or "name=value" among the parameters, compared octet by octet.
bool has_parameter(std::string_view value, std::string_view path_and_query) noexcept;
bool is_parameter(std::string_view name, std::string_view parameter) noexcept;  // "utm_*" and "utm_source=x"
// "text/html" and "image/*", the field's own case and parameters left aside; `value` is in lower case.
bool is_media_type(std::string_view value, std::string_view content_type) noexcept;

}  // namespace sluice::policy
