#include "gateway/privileges.hpp"

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <grp.h>
#include <pwd.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace sluice {

namespace {

constexpr const char* kDefaultUser = "sluice";

[[noreturn]] void fail_with(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

void give_to(const std::string& path, const Account& account) {
  if (::lchown(path.c_str(), account.uid, account.gid) != 0) {
    fail_with(("cannot give " + path + " to " + account.name).c_str());
  }
}

}  // namespace

Account account_for(const std::string& configured) {
  if (configured.empty() && ::geteuid() != 0) { return {}; }
  const auto& name = configured.empty() ? std::string(kDefaultUser) : configured;
  const auto* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) {
    if (configured.empty()) { return {}; }
    throw std::runtime_error("user `" + configured + "` does not exist; make it (useradd --system " + configured +
                             ") or change the key `user`");
  }
  return {name, entry->pw_uid, entry->pw_gid};
}

void hand_over(const std::vector<std::string>& paths, const Account& account) {
  if (account.name.empty() || ::geteuid() != 0) { return; }
  for (const auto& path : paths) {
    give_to(path, account);
    if (!std::filesystem::is_directory(path)) { continue; }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      give_to(entry.path().string(), account);
    }
  }
}

void drop_privileges(const Account& account) {
  if (::geteuid() == 0 && !account.name.empty()) {
    if (::initgroups(account.name.c_str(), account.gid) != 0) { fail_with("initgroups"); }
    if (::setgid(account.gid) != 0) { fail_with("setgid"); }
    if (::setuid(account.uid) != 0) { fail_with("setuid"); }
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) { fail_with("prctl"); }
  cap_t none = ::cap_init();
  if (none == nullptr) { fail_with("cap_init"); }
  const int done = ::cap_set_proc(none);
  ::cap_free(none);
  if (done != 0) { fail_with("cap_set_proc"); }
}

std::vector<unsigned> uids_of(const std::vector<std::string>& names) {
  std::vector<unsigned> uids;
  for (const auto& name : names) {
    const auto* entry = ::getpwnam(name.c_str());
    if (entry == nullptr) { throw std::runtime_error("admin.users: user `" + name + "` does not exist"); }
    uids.push_back(entry->pw_uid);
  }
  return uids;
}

}  // namespace sluice
