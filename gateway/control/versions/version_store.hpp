#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "gateway/control/versions/policy_version.hpp"

namespace sluice::control {

// The versions of the policy in a directory, a file each. A new one is written in two steps: begin() ahead of the
// policy file, commit() behind it. Whatever happens in between, what is pending says what was going on. Thread: one.
// Cost: writes and syncs a file; keeps the last 1000 versions.
class VersionStore {
 public:
  explicit VersionStore(std::string directory) : directory_(std::move(directory)) {}

  // Makes the directory when there is none, and looks what is there. Errors: the system's.
  [[nodiscard]] std::expected<void, std::error_code> open();
  // The number of the last version in a directory, which is only looked at; 0 without any.
  static std::uint64_t latest_in(const std::string& directory);

  const std::vector<std::uint64_t>& numbers() const noexcept { return numbers_; }  // ascending
  std::uint64_t latest() const noexcept { return numbers_.empty() ? 0 : numbers_.back(); }

  // Errors: there is none of this number, or its record is damaged.
  std::expected<PolicyVersion, std::string> read(std::uint64_t number) const;

  // Writes the version as pending. `previous` and `hash` are made here.
  [[nodiscard]] std::expected<void, std::error_code> begin(PolicyVersion version);
  [[nodiscard]] std::expected<void, std::error_code> commit(std::uint64_t number);  // of what is pending
  void abandon();
  std::optional<PolicyVersion> pending() const;  // left by a process that ended in between; nullopt also when damaged

 private:
  std::string path_of(std::uint64_t number) const;
  std::string pending_path() const { return directory_ + "/pending"; }
  void drop_oldest();

  std::string directory_;
  std::vector<std::uint64_t> numbers_;
};

}  // namespace sluice::control
