#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "policy/address_index.hpp"
#include "policy/facts.hpp"
#include "policy/host_index.hpp"
#include "policy/list_condition.hpp"
#include "policy/syntax.hpp"
#include "policy/truth.hpp"
#include "policy/url_patterns.hpp"

namespace sluice::policy {

// A compiled condition: which table of the policy answers it. 12 octets, so that a rule is a short run of them.
struct Condition {
  Subject subject = Subject::from;
  bool is_negated = false;
  std::uint32_t first = 0;  // index into the subject's table; of url: the first expression
  std::uint32_t last = 0;   // of url: behind the last expression
};

// The tables that conditions look into.
struct ConditionTables {
  std::vector<AddressIndex> addresses;
  std::vector<HostIndex> hosts;
  std::vector<std::vector<PortRange>> ports;
  std::vector<std::vector<std::string>> words;
  std::vector<ListCondition> list_conditions;
  std::shared_ptr<const Lists> lists;  // never null
  UrlPatterns urls;
};

// One question to a policy. The URL is matched when the first condition asks for it, and only once.
// Lifetime: of one call, on the thread's own scratch memory; two of them must not be in use at a time.
class Evaluation {
 public:
  Evaluation(const ConditionTables& tables, const Facts& facts) noexcept
      : tables_(tables), facts_(facts), lists_(*tables.lists, facts) {}

  Truth of(const Condition& condition);

  // The entry by which the last condition on lists held that was asked for since forget_listed(); null without one.
  const ListHit* listed() const noexcept { return listed_; }
  void forget_listed() noexcept { listed_ = nullptr; }

 private:
  Truth plain(const Condition& condition);
  Truth destination_in(const AddressIndex& addresses) const noexcept;
  Truth url_matches(const Condition& condition);
  Truth is_listed(const Condition& condition);

  const ConditionTables& tables_;
  const Facts& facts_;
  ListLookup lists_;
  const ListHit* listed_ = nullptr;
  const UrlPatterns::Matches* matches_ = nullptr;
};

// The stage at which the fact that it asks about becomes known.
Stage stage_of(Subject subject) noexcept;

}  // namespace sluice::policy
