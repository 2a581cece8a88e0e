#include "tools/sluice/socket_path.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace sluice::cli {
namespace {

std::string from_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Something that may not be looked at counts as there: connecting to it then says why it does not work.
bool exists_or_is_hidden(const std::string& path) {
  std::error_code error;
  const bool exists = std::filesystem::exists(path, error);
  return exists || error == std::errc::permission_denied;
}

}  // namespace

std::string default_socket_path(const std::function<std::string(const char*)>& environment,
                                const std::function<bool(const std::string&)>& exists) {
  if (const std::string path = environment("SLUICE_SOCKET"); !path.empty()) { return path; }
  if (const std::string path = "/run/sluice/control.sock"; exists(path)) { return path; }
  std::string state = environment("XDG_STATE_HOME");
  if (state.empty()) {
    const std::string home = environment("HOME");
    if (!home.empty()) { state = home + "/.local/state"; }
  }
  if (const std::string path = state + "/sluice/control.sock"; !state.empty() && exists(path)) { return path; }
  return "/var/lib/sluice/control.sock";
}

std::string default_socket_path() {
  return default_socket_path(from_environment, exists_or_is_hidden);
}

}  // namespace sluice::cli
