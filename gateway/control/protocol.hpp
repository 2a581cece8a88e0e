#pragma once

// The whole control protocol: the lines (message.hpp) and what they carry (commands.hpp).
#include "gateway/control/protocol/commands.hpp"  // IWYU pragma: export
#include "gateway/control/protocol/message.hpp"   // IWYU pragma: export
