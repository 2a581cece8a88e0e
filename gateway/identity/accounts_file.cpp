#include "gateway/identity/accounts_file.hpp"

#include <sys/stat.h>

#include "gateway/base/file.hpp"

namespace sluice::identity {

namespace {

std::unexpected<std::vector<policy::Diagnostic>> unreadable(const std::string& path, std::string why) {
  return std::unexpected(
      std::vector<policy::Diagnostic>{{policy::Diagnostic::Severity::error, path, 1, 1, std::move(why), {}}});
}

}  // namespace

FileStamp stamp_of(const std::string& path) noexcept {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) { return {}; }
  return {found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec};
}

std::expected<LoadedAccounts, std::vector<policy::Diagnostic>> load_accounts(const std::string& path) {
  const auto stamp = stamp_of(path);
  struct stat found{};
  // A device or a pipe could be read for ever.
  if (::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) { return unreadable(path, "is no regular file"); }
  const auto text = read_file(path);
  if (!text) { return unreadable(path, "cannot be read: " + text.error().message()); }
  auto parsed = parse_htpasswd(*text, path);
  if (!parsed) { return std::unexpected(std::move(parsed.error())); }
  return LoadedAccounts{std::make_shared<const Accounts>(std::move(parsed->accounts)), std::move(parsed->warnings),
                        stamp};
}

}  // namespace sluice::identity
