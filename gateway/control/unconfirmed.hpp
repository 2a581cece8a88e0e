#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <system_error>

namespace sluice::control {

// A version that rolls itself back unless somebody confirms it.
struct Unconfirmed {
  std::uint64_t number = 0;
  std::uint64_t back_to = 0;
  std::chrono::sys_seconds deadline{};
};

// Kept in a file, so that a restart does not confirm it.
std::optional<Unconfirmed> read_unconfirmed(const std::string& file);
[[nodiscard]] std::expected<void, std::error_code> write_unconfirmed(const std::string& file,
                                                                     const Unconfirmed& unconfirmed);
void remove_unconfirmed(const std::string& file);

}  // namespace sluice::control
