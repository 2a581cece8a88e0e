#include "gateway/check.hpp"

#include <cstdio>
#include <exception>
#include <system_error>

#include "gateway/base/file.hpp"
#include "gateway/control/judge/included_files.hpp"
#include "gateway/control/missing_policy.hpp"
#include "gateway/control/say.hpp"
#include "gateway/control/versions/version_store.hpp"
#include "gateway/identity/accounts_file.hpp"
#include "gateway/own_addresses.hpp"
#include "gateway/policy_file.hpp"
#include "gateway/privileges.hpp"
#include "policy/snapshot.hpp"

namespace sluice {

namespace {

template <typename Look>
bool check_account(Look look) {
  try {
    look();
    return true;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return false;
  }
}

std::string unreadable(const config::Configuration& configuration, const std::error_code& why) {
  if (why != std::errc::no_such_file_or_directory) { return why.message(); }
  return control::missing_policy(!configuration.policy.file.empty(),
                                 control::VersionStore::latest_in(policy_versions_of(configuration)));
}

bool check_policy(const config::Configuration& configuration) {
  const auto file = policy_file_of(configuration);
  const auto text = read_file(file);
  if (!text) {
    const auto wrong = unreadable(configuration, text.error());
    if (wrong.empty()) { return true; }  // it will be made
    std::fprintf(stderr, "%s: %s\n", file.c_str(), wrong.c_str());
    return false;
  }
  const auto compiled = policy::Snapshot::compile(
      *text, {.file_name = file, .version = 1, .self = own_addresses(), .include = control::included_files()});
  if (compiled) { return true; }
  control::say(compiled.error());
  return false;
}

bool check_users(const std::string& file) {
  if (file.empty()) { return true; }
  const auto loaded = identity::load_accounts(file);
  control::say(loaded ? loaded->warnings : loaded.error());
  return loaded.has_value();
}

}  // namespace

bool check_start(const config::Configuration& configuration) {
  const bool has_account = check_account([&] { [[maybe_unused]] const auto known = account_for(configuration.user); });
  const bool has_users = check_account([&] { [[maybe_unused]] const auto known = uids_of(configuration.admin.users); });
  const bool has_policy = check_policy(configuration);
  const bool has_accounts = check_users(configuration.auth.htpasswd);
  return has_account && has_users && has_policy && has_accounts;
}

}  // namespace sluice
