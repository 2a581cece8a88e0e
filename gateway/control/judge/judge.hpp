#pragma once

#include <chrono>
#include <vector>

#include "gateway/control/protocol.hpp"
#include "policy/diagnostic.hpp"
#include "policy/rule.hpp"
#include "policy/snapshot.hpp"

namespace sluice::control {

// What is not known of an exchange of the past, because the log does not say it: fields other than those of the
// question, the size of the response, and a query that was stripped.
struct LogGaps {
  bool is_from_log = false;
  bool is_query_stripped = false;
};

// Answers `policy.test`. An address in place of a host name is its own destination; of a name the destination is known
// only when `to` says so. Errors: bad_request when the URL or an address cannot be read.
[[nodiscard]] Answer<PolicyTest> judge(const policy::Snapshot& snapshot, const PolicyTestArguments& arguments,
                                       std::chrono::sys_seconds now, const LogGaps& gaps = {});

// The policy's own structs as the protocol spells them.
Diagnostic to_protocol(const policy::Diagnostic& diagnostic);
std::vector<Diagnostic> to_protocol(const std::vector<policy::Diagnostic>& diagnostics);
PolicyRule to_protocol(const policy::Rule& rule);
std::string_view to_string(policy::Stage stage) noexcept;

// The error for a policy text that does not compile; `next` is the next sensible command.
Error invalid_policy(const std::vector<policy::Diagnostic>& diagnostics, std::string next);

}  // namespace sluice::control
