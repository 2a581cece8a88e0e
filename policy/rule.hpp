#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "policy/decision.hpp"
#include "policy/facts.hpp"
#include "policy/redirect.hpp"
#include "policy/setting.hpp"

namespace sluice::policy {

// One verdict or setting line as the operator sees it.
struct Rule {
  std::string id;  // stable across edits: derived from the text of the rule, or written as `id NAME`
  Verdict verdict = Verdict::deny;
  std::optional<SettingKind> setting;  // a setting line: it has no verdict
  std::optional<Redirect> redirect;    // of the verdict `redirect`
  bool is_shadow = false;              // judged and recorded, not acted on
  bool keeps_open = false;             // stops what begins, not what is under way when it comes into force
  std::string text;                    // the canonical line, without the comment
  std::string reason;
  bool names_purge = false;  // a `method` condition lists PURGE: only then an allow rule applies to that method
  std::string owner;
  std::string ticket;
  std::string file;             // that it stands in: the policy's own, or an included one
  int line = 0;                 // in that file, from 1
  Stage stage = Stage::packet;  // the earliest stage at which it can be decided
};

}  // namespace sluice::policy
