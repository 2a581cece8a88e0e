#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/address.hpp"
#include "policy/decision.hpp"
#include "policy/list_declaration.hpp"
#include "policy/redirect.hpp"
#include "policy/report.hpp"
#include "policy/setting.hpp"
#include "policy/subject.hpp"
#include "policy/test_case.hpp"
#include "policy/time_syntax.hpp"

namespace sluice::policy {

// A policy text taken apart, names of nets and times not looked up yet.

struct NetName {
  std::string name;
  Position at;
};

// Addresses as they are written: prefixes and names of nets.
struct AddressTerms {
  std::vector<Prefix> prefixes;
  std::vector<NetName> names;
};

struct HostPattern {
  std::string name;        // normalised like Facts::host
  bool is_suffix = false;  // the name and everything below it
  std::string text() const { return is_suffix ? '.' + name : name; }
};
// The suffix without a name, which no text can say: whatever the host is, but not where there is none.
inline bool is_every_host(const HostPattern& pattern) noexcept {
  return pattern.is_suffix && pattern.name.empty();
}

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;  // belongs to it
};

struct Expression {
  std::string text;
  Position at;
};

struct GroupName {
  std::string name;
  Position at;
};

// `not to private, 10.9.0.0/16`. Of the value lists only the subject's own is filled.
struct ConditionSyntax {
  Subject subject = Subject::from;
  bool is_negated = false;
  Position at;
  AddressTerms addresses;          // from, to
  std::vector<HostPattern> hosts;  // host, authority, sni
  std::vector<PortRange> ports;    // port, status
  std::vector<std::string> words;  // protocol, interface, method, scheme, listener, mode, path, query, type, user, alpn
  std::vector<GroupName> groups;   // group
  std::string name;                // field, response_field
  std::vector<Expression> expressions;  // url, field, response_field
  TimeTerms times;                      // during
  DayTime until;
  std::vector<NetName> list_names;  // category, list
  std::uint64_t size = 0;           // size
  bool is_over = false;             // size: larger than this, not smaller
  std::string text;                 // canonical
};

// The conditions of a rule, and what is said about it.
struct RuleSyntax {
  Verdict verdict = Verdict::deny;
  std::optional<Setting> setting;           // a setting line: it has no verdict
  std::optional<Redirect> redirect;         // of the verdict `redirect`
  std::string action;                       // canonical: "deny", "quic reject", "cache ttl 7d"
  std::vector<ConditionSyntax> implied;     // must hold too: what `splice` and `quic` stand for
  std::vector<ConditionSyntax> conditions;  // all must hold
  std::vector<ConditionSyntax> exceptions;  // behind `unless`: not all may hold
  bool is_shadow = false;
  bool keeps_open = false;
  std::string reason;
  std::string owner;
  std::string ticket;
  std::string id;           // written or derived
  bool has_own_id = false;  // written
  Position id_at;
  Position at;
  bool is_broken = false;    // an error was reported in it
  bool is_narrowed = false;  // a condition was begun, right or wrong

  bool is_unconditional() const noexcept {
    return !is_broken && implied.empty() && conditions.empty() && exceptions.empty();
  }
  bool names_purge() const {
    return std::ranges::any_of(conditions, [](const ConditionSyntax& condition) {
      return condition.subject == Subject::method && !condition.is_negated &&
             std::ranges::find(condition.words, kPurgeMethod) != condition.words.end();
    });
  }
};

// The id of a rule where it is used.
struct RuleName {
  std::string id;
  Position at;
};

struct NetSyntax {
  std::string name;
  Position at;
  AddressTerms addresses;
};

struct GroupSyntax {
  std::string name;
  Position at;
  std::vector<std::string> users;
};

struct PolicySyntax {
  std::vector<ListDeclaration> lists;
  std::vector<NetSyntax> nets;
  std::vector<GroupSyntax> groups;
  std::vector<TimeSyntax> times;
  std::vector<TestCase> tests;
  std::vector<RuleName> expected_rules;  // by tests
  std::vector<RuleSyntax> rules;         // verdict and setting lines in the order of the text
};

// The conditions of a rule in their canonical spelling, with the verdict or setting ahead: what the rule does, without
// how it is called. Equal for rules that do the same by the same words.
std::string effect_text(const RuleSyntax& rule);
// The whole canonical line: effect, and what is said about the rule; the id when it was written.
std::string canonical_text(const RuleSyntax& rule);

}  // namespace sluice::policy
