#include "gateway/control/judge/included_files.hpp"

#include <algorithm>
#include <filesystem>

#include "gateway/base/file.hpp"

namespace sluice::control {

namespace {

std::string path_of(const std::string& name, const std::string& from) {
  return (std::filesystem::path(from).parent_path() / name).lexically_normal().string();
}

}  // namespace

policy::IncludeReader included_files() {
  return [](const std::string& name, const std::string& from) -> std::expected<policy::Source, std::string> {
    const auto path = path_of(name, from);
    auto text = read_file(path);
    if (!text) { return std::unexpected(path + " cannot be read: " + text.error().message()); }
    return policy::Source{path, std::move(*text)};
  };
}

policy::IncludeReader included_files(std::vector<policy::Source> kept) {
  return [kept = std::move(kept), on_disk = included_files()](const std::string& name, const std::string& from) {
    const auto found = std::ranges::find(kept, path_of(name, from), &policy::Source::file);
    return found != kept.end() ? std::expected<policy::Source, std::string>(*found) : on_disk(name, from);
  };
}

}  // namespace sluice::control
