#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gateway/config/configuration.hpp"

namespace sluice {

// What the command line said.
struct StartOptions {
  std::string config_file;             // "" when there is none: defaults
  std::vector<std::string> overrides;  // --set KEY=VALUE, --state-directory DIR
  bool live = false;                   // a summary line on the terminal, every second
};

// There is no policy to serve by.
struct InvalidPolicy : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The whole daemon: made from a configuration, runs until a signal or `sluice drain` ends it.
// Thread: the main thread. Throws std::exception with a sentence for the operator when it cannot start.
class Gateway {
 public:
  Gateway(StartOptions options, config::Configuration configuration);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  int run();  // the exit status

 private:
  class Running;
  std::unique_ptr<Running> running_;
};

}  // namespace sluice
