#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <system_error>

namespace sluice {

// A whole small file. Errors: the system's.
std::expected<std::string, std::error_code> read_file(const std::string& path);

// Replaces a file so that it has the old content or the new one, whatever happens: written beside it, synced, renamed.
// Errors: the system's; the old content stays.
std::expected<void, std::error_code> replace_file(const std::string& path, std::string_view content);

}  // namespace sluice
