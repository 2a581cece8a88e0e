#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "policy/lists/name.hpp"

namespace sluice::policy {

// The path of an entry, as URLs are when they are judged, in lower case. An entry is the beginning of a path, whose
// last segment may go on: `/a/.` is one of `/a/.git`. With an octet behind it, which joins nothing, it is no dot
// segment.
std::expected<std::string, NameError> normal_path_of_entry(std::string_view path);

// A host with or without a path in the one spelling that lists know: `*.Example.com/x/../B` is `example.com/b`.
std::expected<std::string, NameError> normal_entry(std::string_view entry);

}  // namespace sluice::policy
