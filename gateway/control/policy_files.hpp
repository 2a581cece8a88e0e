#pragma once

#include <expected>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "policy/source_lines.hpp"

namespace sluice::control {

// Whether the same files say the same.
bool are_same(const std::vector<policy::Source>& a, const std::vector<policy::Source>& b);
// Whether each of them is on disk as it is here.
bool are_on_disk(const std::vector<policy::Source>& sources);

// The files that a policy is made of, written together: each one that differs is replaced whole, the policy's own last,
// and a folder that is missing is made.
// When one cannot be written, those that were are put back.
class PolicyFiles {
 public:
  struct Failure {
    std::string file;
    std::error_code why;
  };

  [[nodiscard]] std::expected<void, Failure> write(const std::vector<policy::Source>& sources);
  void put_back();  // everything that write() replaced

 private:
  struct Replaced {
    std::string file;
    std::string text;
  };
  std::vector<Replaced> replaced_;
};

}  // namespace sluice::control
