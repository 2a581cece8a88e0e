#include "tools/sluice/policy_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>

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

policy::CompileOptions options_for(const std::string& path) {
  policy::CompileOptions options;
  options.file_name = path;
  options.version = 0;  // a file is no version
  options.include = control::included_files();
  options.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return options;
}

control::Error invalid(const std::vector<policy::Diagnostic>& diagnostics, const std::string& path) {
  return control::invalid_policy(diagnostics, "correct it, then: sluice policy check " + shell_quoted(path));
}

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
  const auto snapshot = compile_with_lists(*text, options_for(path));
  if (!snapshot) { return std::unexpected(invalid(snapshot.error(), path)); }
  return *snapshot;
}

control::Answer<std::vector<control::PolicySource>> files_included_by(const std::string& text,
                                                                      const std::string& path) {
  // Those that are named by a whole path, and what they include, lie where they say; the others go by the folder.
  std::set<std::string> fixed;
  auto options = options_for(path);
  options.include = [&fixed, read = options.include](const std::string& name, const std::string& from) {
    auto source = read(name, from);
    if (source && (name.starts_with('/') || fixed.contains(from))) { fixed.insert(source->file); }
    return source;
  };
  const auto snapshot = policy::Snapshot::compile(text, options);
  if (!snapshot) { return std::unexpected(invalid(snapshot.error(), path)); }
  const auto folder = std::filesystem::path(path).parent_path().lexically_normal();
  std::vector<control::PolicySource> files;
  for (const auto& [file, content] : (*snapshot)->included()) {
    const auto relative = std::filesystem::path(file).lexically_relative(folder).string();
    files.push_back({fixed.contains(file) ? file : relative, content});
  }
  return files;
}

}  // namespace sluice::cli
