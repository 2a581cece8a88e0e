#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "gateway/identity/accounts.hpp"

namespace sluice::identity {

// What tells one state of a file from another without reading it.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = -1;     // -1: there is none
  std::int64_t modified = 0;  // nanoseconds

  bool operator==(const FileStamp&) const = default;
};
FileStamp stamp_of(const std::string& path) noexcept;

struct LoadedAccounts {
  std::shared_ptr<const Accounts> accounts;
  std::vector<policy::Diagnostic> warnings;
  FileStamp stamp;  // taken ahead of reading: what changes meanwhile is seen as a change
};

// Reads an htpasswd file. Errors: what is wrong with it, or why it cannot be read.
std::expected<LoadedAccounts, std::vector<policy::Diagnostic>> load_accounts(const std::string& path);

}  // namespace sluice::identity
