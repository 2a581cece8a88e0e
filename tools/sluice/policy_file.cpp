#include "tools/sluice/policy_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>

#include "gateway/control/judge/included_files.hpp"
#include "gateway/control/judge/judge.hpp"
#include "tools/sluice/context.hpp"
#include "tools/sluice/policy_lists.hpp"
#include "tools/sluice/shell.hpp"

namespace sluice::cli {
namespace {

constexpr const char* kNext = "sluice policy check FILE";

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) { std::fclose(file); }
  }
};

}  // namespace

control::Answer<std::string> read_policy_file(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file) { return std::unexpected(unreadable(path, errno, kNext)); }
  std::string text;
  std::array<char, 65536> piece;
  while (const auto count = std::fread(piece.data(), 1, piece.size(), file.get())) { text.append(piece.data(), count); }
  if (std::ferror(file.get()) != 0) { return std::unexpected(unreadable(path, errno, kNext)); }
  return text;
}

control::Answer<std::shared_ptr<const policy::Snapshot>> compile_file(const std::string& path) {
  const auto text = read_policy_file(path);
  if (!text) { return std::unexpected(text.error()); }
  policy::CompileOptions options;
  options.file_name = path;
  options.include = control::included_files();
  const auto snapshot = compile_with_lists(*text, options);
  if (!snapshot) {
    return std::unexpected(
        control::invalid_policy(snapshot.error(), "correct it, then: sluice policy check " + shell_quoted(path)));
  }
  return *snapshot;
}

}  // namespace sluice::cli
