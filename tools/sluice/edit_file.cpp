#include "tools/sluice/edit_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <stdlib.h>
#include <sys/wait.h>

#include "gateway/base/file.hpp"
#include "tools/sluice/shell.hpp"

namespace sluice::cli {
namespace {

std::string editor() {
  for (const char* name : {"VISUAL", "EDITOR"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') { return value; }
  }
  return "vi";
}

// A directory of its own, which nobody else can read.
std::expected<std::string, std::string> make_directory() {
  auto pattern = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return std::unexpected("no temporary directory: " + std::generic_category().message(errno));
  }
  return pattern;
}

}  // namespace

void EditedFile::remove() const {
  std::error_code ignored;  // a file that stays in the temporary directory harms nobody
  std::filesystem::remove_all(std::filesystem::path(file).parent_path(), ignored);
}

std::expected<EditedFile, std::string> edit_text(const std::string& text, const std::string& name) {
  const auto directory = make_directory();
  if (!directory) { return std::unexpected(directory.error()); }
  EditedFile edited{*directory + '/' + name, {}};
  if (const auto written = replace_file(edited.file, text); !written) {
    return std::unexpected(edited.file + ": " + written.error().message());
  }
  // The variable holds a command line, as everywhere else.
  const int status = std::system((editor() + ' ' + shell_quoted(edited.file)).c_str());
  if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return std::unexpected("the editor `" + editor() + "` ended with an error; what it wrote is in " + edited.file);
  }
  auto read = read_file(edited.file);
  if (!read) { return std::unexpected(edited.file + ": " + read.error().message()); }
  edited.text = std::move(*read);
  return edited;
}

}  // namespace sluice::cli
