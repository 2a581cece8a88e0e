#include "gateway/config/load.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include "gateway/config/consistency.hpp"
#include "gateway/config/overrides.hpp"
#include "gateway/config/yaml_reader.hpp"

namespace sluice::config {
namespace {

std::expected<std::string, std::error_code> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file && file.peek() != std::ifstream::traits_type::eof()) { text << file.rdbuf(); }
  if (file.bad() || text.bad() || !file.is_open() || errno != 0) {
    return std::unexpected(std::error_code(errno == 0 ? EIO : errno, std::generic_category()));
  }
  return text.str();
}

}  // namespace

std::expected<Configuration, std::vector<Diagnostic>> load(std::string_view yaml_text, const std::string& file_name,
                                                           const std::vector<std::string>& overrides) {
  Configuration configuration;
  Places places;
  std::vector<Diagnostic> diagnostics;
  read_yaml(yaml_text, file_name, configuration, places, diagnostics);
  apply_overrides(overrides, configuration, places, diagnostics);
  check_consistency(configuration, places, diagnostics);
  if (!diagnostics.empty()) { return std::unexpected(std::move(diagnostics)); }
  return configuration;
}

std::expected<Configuration, std::vector<Diagnostic>> load_file(const std::string& path,
                                                                const std::vector<std::string>& overrides) {
  if (path.empty()) { return load("", "", overrides); }
  const auto text = read_file(path);
  if (!text) {
    const auto sentence = "cannot be read: " + text.error().message();
    return std::unexpected(std::vector<Diagnostic>{{path, 0, 0, sentence, ""}});
  }
  return load(*text, path, overrides);
}

}  // namespace sluice::config
