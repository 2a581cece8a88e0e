#include "gateway/config/load.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "gateway/config/consistency.hpp"
#include "gateway/config/overrides.hpp"
#include "gateway/config/yaml_reader.hpp"

namespace sluice::config {

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
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || file.bad()) {
    const int code = errno == 0 ? EIO : errno;
    const auto sentence = "cannot be read: " + std::generic_category().message(code);
    return std::unexpected(std::vector<Diagnostic>{{path, 0, 0, sentence, ""}});
  }
  return load(text, path, overrides);
}

}  // namespace sluice::config
