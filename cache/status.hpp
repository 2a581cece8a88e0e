#pragma once

#include <string>
#include <string_view>

namespace sluice::cache {

std::string_view reason_phrase(int status) noexcept;  // of the registered statuses; "" for any other

// Does an answer with this status speak of the credentials for a proxy, the conditions, the connection or the pace of
// the client that asked (RFC 9110 15.5, RFC 6585)? Another one may get another.
bool speaks_of_client(int status) noexcept;

// "HTTP/1.1 200 OK\r\n". REQUIRES: 100 <= status <= 999.
void append_status_line(int status, std::string& out);

}  // namespace sluice::cache
