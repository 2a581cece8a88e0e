#pragma once

#include <expected>
#include <string>
#include <system_error>

#include "gateway/record/rule_hits.hpp"

namespace sluice::control {

// The hits of rules over restarts: what earlier runs counted, in a file. A process that is killed loses what it counted
// since the last save().
// Thread: the main thread.
class HitLedger {
 public:
  explicit HitLedger(std::string file) : file_(std::move(file)) {}

  void load();  // lines that cannot be read are left out
  record::HitsByRule with(record::HitsByRule of_this_run) const;
  [[nodiscard]] std::expected<void, std::error_code> save(const record::HitsByRule& of_this_run) const;

 private:
  std::string file_;
  record::HitsByRule before_;
};

}  // namespace sluice::control
