#pragma once

#include <string>
#include <string_view>

namespace sluice::cache {

std::string_view reason_phrase(int status) noexcept;  // of the registered statuses; "" for any other

// "HTTP/1.1 200 OK\r\n". REQUIRES: 100 <= status <= 999.
void append_status_line(int status, std::string& out);

}  // namespace sluice::cache
