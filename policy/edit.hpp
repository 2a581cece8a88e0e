#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

// An edited policy text and the rule that was added or removed.
struct Edited {
  std::string text;
  std::string rule_id;
  std::string rule_text;
};

// Puts `line` (one verdict or setting line) into `text`: a rule with a `to` condition first of all; any other behind
// the leading block of guard rules (deny rules with a `to` condition), so that no quick edit opens the gateway's own
// networks by accident. The `allow to` rules within that block, exceptions of the guards, count as part of it; and what
// lets traffic pass goes behind every rule that denies `to local` or `to self`, wherever that stands. Only a positive
// `to` outside of `unless` counts. A setting goes ahead of the first of its kind. A verdict without a condition is an
// error: it would switch off all that follow. Comments and order of all other lines are kept. Errors: the diagnostics
// of the line, or of the new text.
std::expected<Edited, std::vector<Diagnostic>> add_rule(std::string_view text, std::string_view line,
                                                        const CompileOptions& options = {});

// Takes the rule with this id out of `text`. Errors: one diagnostic naming the nearest id, or the included file that
// the rule stands in; or those of the text that would be left (the default verdict cannot be removed).
std::expected<Edited, std::vector<Diagnostic>> remove_rule(std::string_view text, std::string_view rule_id,
                                                           const CompileOptions& options = {});

}  // namespace sluice::policy
