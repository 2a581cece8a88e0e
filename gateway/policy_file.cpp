#include "gateway/policy_file.hpp"

namespace sluice {

std::string policy_file_of(const config::Configuration& configuration) {
  return configuration.policy.file.empty() ? configuration.state_directory + "/policy.sluice"
                                           : configuration.policy.file;
}

std::string policy_versions_of(const config::Configuration& configuration) {
  return configuration.state_directory + "/policy.versions";
}

}  // namespace sluice
