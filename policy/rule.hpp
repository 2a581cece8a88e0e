#pragma once

#include <cstdint>
#include <string>

#include "policy/decision.hpp"
#include "policy/facts.hpp"

namespace sluice::policy {

// One verdict line as the operator sees it.
struct Rule {
  std::string id;  // stable across edits: derived from the text of the rule, or written as `id NAME`
  Verdict verdict = Verdict::deny;
  std::string text;  // the canonical line, without the comment
  std::string reason;
  bool names_purge = false;     // a `method` condition lists PURGE: only then an allow rule applies to that method
  int line = 0;                 // in the policy text, from 1
  Stage stage = Stage::packet;  // the earliest stage at which it can be decided
};

}  // namespace sluice::policy
