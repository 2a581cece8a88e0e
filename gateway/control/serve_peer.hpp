#pragma once

#include "gateway/base/mailbox.hpp"
#include "gateway/control/control_peer.hpp"
#include "gateway/control/daemon.hpp"
#include "gateway/control/rates.hpp"

namespace sluice::control {

// Answers the requests of one connection, in order, until either side closes. `status` with `watch` and `log.tail` are
// its last ones: their replies go on until the connection ends. `mailbox` is the main thread's.
Task<> serve_peer(Daemon& daemon, const Rates& rates, Mailbox& mailbox, ControlPeer& peer);

}  // namespace sluice::control
