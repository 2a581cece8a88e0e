#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/cacheability.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// The moment all tests of this folder count from: Sun, 06 Nov 1994 08:49:37 GMT.
inline constexpr UnixTime kNow{Seconds{784111777}};
inline constexpr std::string_view kNowText = "Sun, 06 Nov 1994 08:49:37 GMT";

// Fields from lines "Name: value", one a line.
inline OwnedFields lines(std::string_view text) {
  std::vector<Field> fields;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    fields.push_back({name, trim(line.substr(colon + 1)), field_name(name)});
  }
  return OwnedFields(fields);
}

// A response stored at kNow, asked for at kNow.
inline StoredHead stored_head(std::string_view response_lines, int status = 200, std::string_view request_lines = "") {
  const auto request = lines(request_lines);
  const auto response = lines(response_lines);
  return make_stored_head({"GET", "http://a.example/x", request.fields()}, {status, response.fields()},
                          "http://a.example/x", kNow, kNow, "192.0.2.1");
}

}  // namespace sluice::cache
