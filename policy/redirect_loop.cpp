#include <algorithm>

#include "policy/compiled.hpp"
#include "policy/redirect.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostComparisons = 1'000'000;

std::string loop_warning(const Redirect& redirect) {
  if (target_of(redirect).scheme == "http") {
    return "this rule holds for the URL that it redirects to: a loop; let that pass by a rule ahead of it";
  }
  return "this rule holds for the CONNECT by which clients ask for the URL that it redirects to, and which is refused: "
         "let that pass by a rule ahead of it, or add `scheme http`";
}

// The request that follows a redirect: as explicit clients make it, by CONNECT for https.
struct Followed {
  RedirectTarget target;
  std::string url;
  Facts facts;

  explicit Followed(const Redirect& redirect) : target(target_of(redirect)) {
    facts.port = target.port;
    facts.protocol = "tcp";
    if (target.host) { facts.host = *target.host; }
    if (target.scheme == "https") {
      tunnel();
    } else {
      plain();
    }
  }
  Followed(const Followed&) = delete;
  Followed& operator=(const Followed&) = delete;

 private:
  void tunnel() {
    facts.method = "CONNECT";
    facts.scheme = facts.path_and_query = "";
    facts.has_no_response = true;
    if (!target.host) { return; }
    facts.authority = *target.host;
    url = url_host() + ':' + std::to_string(target.port);
    facts.url = url;
  }
  void plain() {
    facts.method = "GET";
    facts.scheme = "http";
    facts.authority = "";
    if (target.path_and_query) { facts.path_and_query = *target.path_and_query; }
    if (!target.host || !target.path_and_query) { return; }
    url =
        "http://" + url_host() + (target.port == 80 ? "" : ':' + std::to_string(target.port)) + *target.path_and_query;
    facts.url = url;
  }
  std::string url_host() const {
    return target.host->find(':') == std::string::npos ? *target.host : '[' + *target.host + ']';
  }
};

}  // namespace

// Would the client that this redirect sends away be sent away by it again? Who and whence are what they were when it
// held. The address and the response are others, so that a rule that waits for them may not hold again.
bool Snapshot::Compiled::leads_back(std::size_t which) const {
  const Test& own = tests[which];
  const auto asks_for_other = [](const Condition& condition) {
    return condition.subject == Subject::to || stage_of(condition.subject) == Stage::response;
  };
  const auto asks_for_time = [](const Condition& condition) {
    return condition.subject == Subject::during || condition.subject == Subject::until;
  };
  const auto any_of = [&](const Test& test, auto asks) {
    return std::any_of(conditions.begin() + test.begin, conditions.begin() + test.end, asks);
  };
  if (own.is_shadow || any_of(own, asks_for_other) || any_of(own, asks_for_time)) { return false; }
  const Followed followed(*rules[own.rule].redirect);
  Evaluation evaluation(tables, followed.facts);
  for (std::size_t i = 0; i < which; ++i) {
    if (tests[i].is_shadow) { continue; }
    const Truth truth = of(tests[i], evaluation);
    const bool is_no_deny = tests[i].verdict != Verdict::deny;
    if (truth == Truth::yes || (truth == Truth::unknown && is_no_deny) ||
        (is_no_deny && any_of(tests[i], asks_for_time))) {
      return false;
    }
  }
  return of(own, evaluation) != Truth::no;
}

void Snapshot::Compiled::warn_of_loops(const PolicySyntax& policy, Report& report) const {
  std::size_t comparisons = 0;
  for (std::size_t i = 0; i < tests.size() && comparisons < kMostComparisons; ++i) {
    if (tests[i].verdict != Verdict::redirect) { continue; }
    comparisons += i + 1;
    const auto rule = tests[i].rule;
    if (leads_back(i)) { report.warning(policy.rules[rule].at, loop_warning(*rules[rule].redirect)); }
  }
}

}  // namespace sluice::policy
