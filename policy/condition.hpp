#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy/address_index.hpp"
#include "policy/facts.hpp"
#include "policy/host_index.hpp"
#include "policy/list_condition.hpp"
#include "policy/schedule.hpp"
#include "policy/syntax.hpp"
#include "policy/truth.hpp"
#include "policy/url_patterns.hpp"
#include "policy/user_set.hpp"

namespace sluice::policy {

// A compiled condition: which table of the policy answers it. 12 octets, so that a rule is a short run of them.
struct Condition {
  Subject subject = Subject::from;
  bool is_negated = false;
  bool is_over = false;     // of size
  std::uint16_t table = 0;  // of field, response_field: index into ConditionTables::fields
  std::uint32_t first = 0;  // index into the subject's table; of url, field, response_field: the first expression
  std::uint32_t last = 0;   // of those: behind the last expression
};

// The expressions that ask for one field.
struct FieldPatterns {
  std::string name;  // lower case
  std::unique_ptr<UrlPatterns> patterns;
  std::uint32_t count = 0;
};

// The tables that conditions look into.
struct ConditionTables {
  std::vector<AddressIndex> addresses;
  std::vector<HostIndex> hosts;
  std::vector<std::vector<PortRange>> ports;
  std::vector<std::vector<std::string>> words;
  std::vector<ListCondition> list_conditions;
  std::shared_ptr<const Lists> lists;  // never null
  std::vector<std::shared_ptr<const Schedule>> schedules;
  std::vector<std::chrono::sys_seconds> instants;
  std::vector<std::uint64_t> sizes;
  std::vector<UserSet> users;
  std::vector<FieldPatterns> fields;
  UrlPatterns urls;
};

// One question to a policy. The URL is matched when the first condition asks for it, and only once.
// Lifetime: of one call, on the thread's own scratch memory; two of them must not be in use at a time.
class Evaluation {
 public:
  Evaluation(const ConditionTables& tables, const Facts& facts) noexcept
      : tables_(tables), facts_(facts), lists_(*tables.lists, facts) {}

  Truth of(const Condition& condition);
  // Was a condition not known, since the last call, because nobody has said who the user is?
  bool take_lack_of_user() noexcept { return std::exchange(lacks_user_, false); }

  // The entry by which the last condition on lists held that was asked for since set_listed(nullptr); null without one.
  const ListHit* listed() const noexcept { return listed_; }
  void set_listed(const ListHit* entry) noexcept { listed_ = entry; }

 private:
  Truth plain(const Condition& condition);
  Truth destination_in(const AddressIndex& addresses) const noexcept;
  Truth url_matches(const Condition& condition);
  Truth is_listed(const Condition& condition);
  Truth field_matches(const std::optional<FieldLines>& fields, const Condition& condition) const;
  Truth size_holds(const Condition& condition) const noexcept;
  Truth user_is_in(const UserSet& users) noexcept;
  Truth names_differ() const noexcept;
  template <typename Fact, typename Predicate>
  Truth of_response(const std::optional<Fact>& fact, Predicate is_true) const;

  const ConditionTables& tables_;
  const Facts& facts_;
  ListLookup lists_;
  const ListHit* listed_ = nullptr;
  const UrlPatterns::Matches* matches_ = nullptr;
  bool lacks_user_ = false;
};

}  // namespace sluice::policy
