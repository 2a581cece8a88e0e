#pragma once

#include <chrono>

#include <boost/asio/basic_waitable_timer.hpp>

#include "gateway/base/task.hpp"

namespace sluice {

// A timer of Asio's on a worker's or the main loop. Deadlines of connections are on a TimerWheel, which costs less.
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace sluice
