#include "gateway/http/head.hpp"

#include <algorithm>
#include <cstring>

#include "gateway/http/characters.hpp"

namespace sluice::http {

// An empty line ends the head whether its ends are CRLF or, malformed, LF: the parser refuses the latter at once, where
// waiting for CRLF would hold the connection until its limit. A CRLF ahead of the start line is not the end.
std::size_t find_head_end(std::string_view buffer, std::size_t& scanned) noexcept {
  const char* const begin = buffer.data();
  const char* const end = begin + buffer.size();
  const char* at = begin + std::min(scanned, buffer.size());
  while (at != end) {
    const auto* line_feed = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (line_feed == nullptr) {
      at = end;
      break;
    }
    const auto left = end - line_feed;
    if (left >= 2 && line_feed[1] == '\n') { return static_cast<std::size_t>(line_feed - begin) + 2; }
    if (left >= 3 && line_feed[1] == '\r' && line_feed[2] == '\n') {
      return static_cast<std::size_t>(line_feed - begin) + 3;
    }
    if (left == 1 || (left == 2 && line_feed[1] == '\r')) {
      at = line_feed;  // what follows decides; look at this line end again
      break;
    }
    at = line_feed + 1;
  }
  scanned = static_cast<std::size_t>(at - begin);
  return 0;
}

Method method_of(std::string_view text) noexcept {
  switch (text.size()) {
    case 3:
      if (text == "GET") { return Method::get; }
      if (text == "PUT") { return Method::put; }
      break;
    case 4:
      if (text == "HEAD") { return Method::head; }
      if (text == "POST") { return Method::post; }
      break;
    case 5:
      if (text == "TRACE") { return Method::trace; }
      if (text == "PATCH") { return Method::patch; }
      break;
    case 6:
      if (text == "DELETE") { return Method::delete_; }
      break;
    case 7:
      if (text == "CONNECT") { return Method::connect; }
      if (text == "OPTIONS") { return Method::options; }
      break;
    default:
      break;
  }
  return Method::other;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char octet) { return is_class(octet, kTokenOctet); });
}

}  // namespace sluice::http
