#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/configuration.hpp"
#include "gateway/config/diagnostic.hpp"

namespace sluice::config {

// Reads a configuration: the defaults, then the YAML text, then the overrides ("cache.memory=64MiB",
// "listeners=127.0.0.1:0,[::1]:0"), a later override of a key before an earlier one.
// Errors: everything that is wrong, in the order of the text; only a text that is not YAML ends at its first error.
[[nodiscard]] std::expected<Configuration, std::vector<Diagnostic>> load(
    std::string_view yaml_text, const std::string& file_name, const std::vector<std::string>& overrides = {});

// The same from a file. An empty path means no file: defaults and overrides.
[[nodiscard]] std::expected<Configuration, std::vector<Diagnostic>> load_file(
    const std::string& path, const std::vector<std::string>& overrides = {});

}  // namespace sluice::config
