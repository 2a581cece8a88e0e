#include "gateway/control/policy_files.hpp"

#include <algorithm>
#include <filesystem>

#include "gateway/base/file.hpp"

namespace sluice::control {

bool are_same(const std::vector<policy::Source>& a, const std::vector<policy::Source>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.file == y.file && x.text == y.text; });
}

bool are_on_disk(const std::vector<policy::Source>& sources) {
  return std::ranges::all_of(sources, [](const policy::Source& source) {
    const auto text = read_file(source.file);
    return text && *text == source.text;
  });
}

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
