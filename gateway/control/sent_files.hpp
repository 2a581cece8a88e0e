#pragma once

#include <expected>
#include <string>
#include <vector>

#include "gateway/control/protocol.hpp"
#include "policy/source_lines.hpp"

namespace sluice::control {

// The files that came with a policy text, which includes them, at their places around the policy's own file.
class SentFiles {
 public:
  SentFiles() = default;
  SentFiles(const std::string& policy_file, const std::vector<PolicySource>& sent);

  // Those that become part of the policy on disk: named *.sluice, below the folder of its own file. The rest must be
  // there already.
  const std::vector<policy::Source>& written() const noexcept { return written_; }
  const std::vector<policy::Source>& all() const noexcept { return all_; }

  // Errors: what the policy would include is not what was sent.
  std::expected<void, Error> are(const std::vector<policy::Source>& included) const;

 private:
  std::vector<policy::Source> all_;
  std::vector<policy::Source> written_;
};

}  // namespace sluice::control
