#include "gateway/control/missing_policy.hpp"

namespace sluice::control {

std::string missing_policy(bool is_named, std::uint64_t latest) {
  if (latest != 0) {
    const auto version = "v" + std::to_string(latest);
    return "it is gone; the last version kept of it is " + version + ", and `sluice policy rollback " + version +
           "` writes it again while the gateway runs closed";
  }
  return is_named ? "there is no such file, and policy.file names it; the default policy is made only where it does not"
                  : "";
}

}  // namespace sluice::control
