#pragma once

#include <functional>
#include <string>

namespace sluice::cli {

// Where the daemon is looked for when --socket does not say: $SLUICE_SOCKET, else the first of these that exists:
// /run/sluice/control.sock, sluice/control.sock below $XDG_STATE_HOME (or ~/.local/state),
// /var/lib/sluice/control.sock, which is also the answer when none exists.
std::string default_socket_path();

// The same with the environment and the file system as parameters. `environment` gives "" for what is not set.
std::string default_socket_path(const std::function<std::string(const char*)>& environment,
                                const std::function<bool(const std::string&)>& exists);

}  // namespace sluice::cli
