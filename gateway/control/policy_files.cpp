#include "gateway/control/policy_files.hpp"

#include <filesystem>

#include "gateway/base/file.hpp"

namespace sluice::control {

std::expected<void, PolicyFiles::Failure> PolicyFiles::write(const std::vector<policy::Source>& sources) {
  for (const auto& source : sources) {
    auto old = read_file(source.file);
    if (old && *old == source.text) { continue; }
    std::error_code failed;  // said by the file that cannot be written then
    std::filesystem::create_directories(std::filesystem::path(source.file).parent_path(), failed);
    if (const auto written = replace_file(source.file, source.text); !written) {
      put_back();
      return std::unexpected(Failure{source.file, written.error()});
    }
    if (old) { replaced_.push_back({source.file, std::move(*old)}); }
  }
  return {};
}

void PolicyFiles::put_back() {
  for (const auto& replaced : replaced_) {
    // What cannot be put back is found when the policy is read again; the caller reports the failure that led here.
    [[maybe_unused]] const auto written = replace_file(replaced.file, replaced.text);
  }
  replaced_.clear();
}

}  // namespace sluice::control
