#include "gateway/control/unconfirmed.hpp"

#include <filesystem>
#include <sstream>

#include "gateway/base/file.hpp"

namespace sluice::control {

// "NUMBER BACK_TO DEADLINE", the deadline in seconds since the epoch.
std::optional<Unconfirmed> read_unconfirmed(const std::string& file) {
  const auto text = read_file(file);
  if (!text) { return std::nullopt; }
  Unconfirmed unconfirmed;
  std::int64_t deadline = 0;
  std::istringstream in(*text);
  if (!(in >> unconfirmed.number >> unconfirmed.back_to >> deadline)) { return std::nullopt; }
  unconfirmed.deadline = std::chrono::sys_seconds(std::chrono::seconds(deadline));
  return unconfirmed;
}

std::expected<void, std::error_code> write_unconfirmed(const std::string& file, const Unconfirmed& unconfirmed) {
  return replace_file(file, std::to_string(unconfirmed.number) + ' ' + std::to_string(unconfirmed.back_to) + ' ' +
                                std::to_string(unconfirmed.deadline.time_since_epoch().count()) + '\n');
}

void remove_unconfirmed(const std::string& file) {
  std::error_code ignored;  // what is left names a version that is not the latest any more, or rolls back what it says
  std::filesystem::remove(file, ignored);
}

}  // namespace sluice::control
