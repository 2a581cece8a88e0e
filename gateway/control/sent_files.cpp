#include "gateway/control/sent_files.hpp"

#include <algorithm>
#include <filesystem>

namespace sluice::control {
namespace {

bool is_below(const std::filesystem::path& name) {
  return name.is_relative() && !name.empty() && *name.begin() != "..";
}

}  // namespace

SentFiles::SentFiles(const std::string& policy_file, const std::vector<PolicySource>& sent) {
  const auto folder = std::filesystem::path(policy_file).parent_path();
  for (const auto& source : sent) {
    const auto name = std::filesystem::path(source.file).lexically_normal();
    const auto place = (folder / name).lexically_normal().string();
    all_.push_back({place, source.text});
    if (is_below(name) && name.extension() == ".sluice" && place != policy_file) { written_.push_back(all_.back()); }
  }
}

std::expected<void, Error> SentFiles::are(const std::vector<policy::Source>& included) const {
  for (const auto& source : included) {
    const auto sent = std::ranges::find(all_, source.file, &policy::Source::file);
    if (sent != all_.end() && sent->text == source.text) { continue; }
    return std::unexpected(
        Error{ErrorCode::failed,
              "the policy was not changed: " + source.file +
                  ", which it includes, is not the file that was checked; put that there, or name it "
                  "*.sluice below the folder of the policy: then it is sent along",
              "sluice policy check FILE",
              {}});
  }
  return {};
}

}  // namespace sluice::control
