// The compiled policy against a slow and obvious one, on random policies and facts.

#include <array>
#include <functional>
#include <optional>
#include <random>
#include <string>

#include "lists_support.hpp"
#include "policy/lists/import.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

using test::compiled;

// The oracle: three values as an optional bool, rules as plain lists, no short cuts, nothing shared with the code under
// test but the types of facts and addresses.
using Maybe = std::optional<bool>;

Maybe negation(Maybe a) {
  return a ? Maybe(!*a) : std::nullopt;
}

Maybe conjunction(const std::vector<Maybe>& all) {
  bool has_unknown = false;
  for (const Maybe& one : all) {
    if (one == Maybe(false)) { return false; }
    has_unknown = has_unknown || !one;
  }
  return has_unknown ? std::nullopt : Maybe(true);
}

struct OracleCondition {
  std::string text;
  std::function<Maybe(const Facts&)> judge;
};

struct OracleRule {
  Verdict verdict;
  std::string text;
  std::vector<OracleCondition> conditions;
  std::vector<OracleCondition> exceptions;

  Maybe judge(const Facts& facts) const {
    std::vector<Maybe> all;
    for (const auto& condition : conditions) { all.push_back(condition.judge(facts)); }
    if (!exceptions.empty()) {
      std::vector<Maybe> excepted;
      for (const auto& condition : exceptions) { excepted.push_back(condition.judge(facts)); }
      all.push_back(negation(conjunction(excepted)));
    }
    return conjunction(all);
  }
};

struct OraclePolicy {
  // What every text begins with; made_lists() has the lists.
  static constexpr const char* kDeclarations =
      "net lab 10.1.0.0/16, 2001:db8::/33\nnet outer lab, 192.0.2.0/25\n"
      "list plain domains \"/x\" category names\nlist nets addresses \"/x\"\nlist ads adblock \"/x\"\n";

  std::string text;
  std::vector<OracleRule> rules;

  // The index of the rule that decides, and the verdict.
  std::pair<std::size_t, Verdict> decide(const Facts& facts) const {
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const Maybe truth = rules[i].judge(facts);
      if (!truth) { waiting.push_back(i); }
      if (!truth || !*truth) { continue; }
      for (const std::size_t other : waiting) {
        if (rules[other].verdict != rules[i].verdict) { return {waiting.front(), Verdict::undecided}; }
      }
      return {i, rules[i].verdict};
    }
    ADD_FAILURE() << "no default";
    return {0, Verdict::undecided};
  }
};

bool has_bit(const Address& address, int bit) {
  return (address.octets()[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0;
}

bool shares_bits(const Address& a, const Address& b, int bits) {
  for (int i = 0; i < bits; ++i) {
    if (has_bit(a, i) != has_bit(b, i)) { return false; }
  }
  return true;
}

Maybe is_in_names(const Facts& facts);
Maybe is_in_nets(const Facts& facts);
Maybe is_in_ads(const Facts& facts);

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  bool chance(int percent) { return below(100) < percent; }

  OraclePolicy policy() {
    OraclePolicy policy;
    policy.text = OraclePolicy::kDeclarations;
    for (int count = below(8); count > 0; --count) { policy.rules.push_back(rule()); }
    policy.rules.push_back({chance(50) ? Verdict::allow : Verdict::deny, "", {}, {}});
    for (std::size_t i = 0; i < policy.rules.size(); ++i) {
      OracleRule& rule = policy.rules[i];
      rule.text = std::string(to_string(rule.verdict));
      for (const auto& condition : rule.conditions) { rule.text += " " + condition.text; }
      if (!rule.exceptions.empty()) { rule.text += " unless"; }
      for (const auto& condition : rule.exceptions) { rule.text += " " + condition.text; }
      policy.text += rule.text + " id " + std::to_string(i) + "\n";
    }
    return policy;
  }

  Facts all_facts() {
    Facts facts;
    facts.client = an_address();
    facts.destination_resolved_elsewhere = chance(15);
    if (!facts.destination_resolved_elsewhere || chance(20)) { facts.destination = an_address(); }
    facts.port = static_cast<std::uint16_t>(kPorts[static_cast<std::size_t>(below(5))]);
    facts.host = kHosts[static_cast<std::size_t>(below(8))];
    facts.method = kMethods[static_cast<std::size_t>(below(3))];
    facts.scheme = kSchemes[static_cast<std::size_t>(below(3))];
    facts.url = kUrls[static_cast<std::size_t>(below(4))];
    return facts;
  }

  // Forgets each fact with this chance; but who knows that another proxy resolves knows at once whether there is an
  // address to judge.
  Facts without_some(Facts facts, int percent) {
    if (chance(percent)) { facts.client = {}; }
    if (!facts.destination_resolved_elsewhere && chance(percent)) { facts.destination = {}; }
    if (chance(percent)) { facts.port = {}; }
    if (chance(percent)) { facts.host = {}; }
    if (chance(percent)) { facts.method = {}; }
    if (chance(percent)) { facts.scheme = {}; }
    if (chance(percent)) { facts.url = {}; }
    return facts;
  }

 private:
  static constexpr std::array<int, 5> kPorts{0, 80, 443, 8050, 65535};
  static constexpr std::array<std::string_view, 8> kHosts{
      "example.com", "www.example.com", "a.www.example.com", "notexample.com", "com", "10.1.0.1", "2001:db8::1", ""};
  static constexpr std::array<std::string_view, 3> kMethods{"GET", "CONNECT", "POST"};
  static constexpr std::array<std::string_view, 3> kSchemes{"http", "https", ""};
  static constexpr std::array<std::string_view, 4> kUrls{"http://example.com/", "https://www.example.com/a.exe?b",
                                                         "example.com:443", "http://10.1.0.1/ads/x"};

  Address an_address() {
    static constexpr std::array<std::string_view, 9> kAddresses{
        "10.1.0.1",        "10.2.0.1", "192.0.2.127", "192.0.2.128",        "2001:db8::1",
        "2001:db8:8000::", "::1",      "127.0.0.1",   "::ffff:10.1.255.255"};
    return test::address(kAddresses[static_cast<std::size_t>(below(9))]);
  }

  OracleRule rule() {
    OracleRule rule{chance(50) ? Verdict::allow : Verdict::deny, "", {}, {}};
    for (int count = 1 + below(3); count > 0; --count) { rule.conditions.push_back(condition()); }
    if (chance(40)) {
      for (int count = 1 + below(3); count > 0; --count) { rule.exceptions.push_back(condition()); }
      if (chance(30)) { rule.conditions.clear(); }
    }
    return rule;
  }

  OracleCondition condition() {
    OracleCondition made = plain_condition();
    if (chance(30)) {
      made.text = "not " + made.text;
      made.judge = [inner = made.judge](const Facts& facts) { return negation(inner(facts)); };
    }
    return made;
  }

  OracleCondition plain_condition() {
    switch (below(8)) {
      case 0:
        return addresses("from", [](const Facts& facts) { return facts.client; });
      case 1:
        return destination();
      case 2:
        return hosts();
      case 3:
        return ports();
      case 4:
        return words("method", {"GET", "CONNECT", "POST", "PUT"}, [](const Facts& facts) { return facts.method; });
      case 5:
        return words("scheme", {"http", "https"}, [](const Facts& facts) { return facts.scheme; });
      case 6:
        return listed();
      default:
        return urls();
    }
  }

  // Some of the choices, at least one, joined by commas.
  std::vector<std::size_t> some_of(std::size_t count, std::string& text, const std::vector<std::string>& choices) {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < count; ++i) {
      if (chance(35)) { chosen.push_back(i); }
    }
    if (chosen.empty()) { chosen.push_back(static_cast<std::size_t>(below(static_cast<int>(count)))); }
    for (std::size_t i = 0; i < chosen.size(); ++i) { text += (i == 0 ? " " : ",") + choices[chosen[i]]; }
    return chosen;
  }

  OracleCondition addresses(std::string text, std::function<std::optional<Address>(const Facts&)> fact) {
    const std::vector<std::string> choices{"10.1.0.0/16", "10.2.0.1", "2001:db8::/32", "lab",
                                           "outer",       "::1",      "0.0.0.0/0"};
    const auto chosen = some_of(choices.size(), text, choices);
    std::vector<std::pair<Address, int>> prefixes;
    const auto add = [&](std::string_view first, int bits) { prefixes.emplace_back(test::address(first), bits); };
    for (const std::size_t i : chosen) {
      if (i == 0) { add("10.1.0.0", 96 + 16); }
      if (i == 1) { add("10.2.0.1", 128); }
      if (i == 2) { add("2001:db8::", 32); }
      if (i == 3 || i == 4) {
        add("10.1.0.0", 96 + 16);
        add("2001:db8::", 33);
      }
      if (i == 4) { add("192.0.2.0", 96 + 25); }
      if (i == 5) { add("::1", 128); }
      if (i == 6) { add("0.0.0.0", 96); }
    }
    return {text, [prefixes, fact](const Facts& facts) -> Maybe {
              const auto value = fact(facts);
              if (!value) { return std::nullopt; }
              for (const auto& [first, bits] : prefixes) {
                if (shares_bits(first, *value, bits)) { return true; }
              }
              return false;
            }};
  }

  OracleCondition destination() {
    OracleCondition made = addresses("to", [](const Facts& facts) { return facts.destination; });
    made.judge = [inner = made.judge](const Facts& facts) -> Maybe {
      if (!facts.destination && facts.destination_resolved_elsewhere) { return false; }
      return inner(facts);
    };
    return made;
  }

  OracleCondition hosts() {
    std::string text = "host";
    const std::vector<std::string> choices{
        "example.com", ".example.com", "*.www.example.com", "WWW.Example.COM.", "10.1.0.1", "[2001:db8::1]", ".com"};
    const auto chosen = some_of(choices.size(), text, choices);
    return {text, [chosen](const Facts& facts) -> Maybe {
              if (!facts.host) { return std::nullopt; }
              const std::string host(*facts.host);
              const auto is_below = [&](const std::string& name) { return host == name || host.ends_with("." + name); };
              for (const std::size_t i : chosen) {
                if (i == 0 && host == "example.com") { return true; }
                if (i == 1 && is_below("example.com")) { return true; }
                if (i == 2 && is_below("www.example.com")) { return true; }
                if (i == 3 && host == "www.example.com") { return true; }
                if (i == 4 && host == "10.1.0.1") { return true; }
                if (i == 5 && host == "2001:db8::1") { return true; }
                if (i == 6 && is_below("com")) { return true; }
              }
              return false;
            }};
  }

  OracleCondition ports() {
    std::string text = "port";
    const auto chosen = some_of(4, text, {"80", "443", "8000-8100", "0-79"});
    return {
        text, [chosen](const Facts& facts) -> Maybe {
          if (!facts.port) { return std::nullopt; }
          static constexpr std::array<std::pair<int, int>, 4> kRanges{{{80, 80}, {443, 443}, {8000, 8100}, {0, 79}}};
          for (const std::size_t i : chosen) {
            if (kRanges[i].first <= *facts.port && *facts.port <= kRanges[i].second) { return true; }
          }
          return false;
        }};
  }

  OracleCondition words(std::string text, const std::vector<std::string>& choices,
                        std::function<std::optional<std::string_view>(const Facts&)> fact) {
    const auto chosen = some_of(choices.size(), text, choices);
    return {text, [choices, chosen, fact](const Facts& facts) -> Maybe {
              const auto value = fact(facts);
              if (!value) { return std::nullopt; }
              for (const std::size_t i : chosen) {
                if (*value == choices[i]) { return true; }
              }
              return false;
            }};
  }

  OracleCondition urls() {
    std::string text = "url ~";
    const auto chosen = some_of(3, text, {R"re("\.exe(\?|$)")re", R"re("^http://")re", R"re(":443$")re"});
    return {text, [chosen](const Facts& facts) -> Maybe {
              if (!facts.url) { return std::nullopt; }
              const std::string url(*facts.url);
              for (const std::size_t i : chosen) {
                if (i == 0 && (url.find(".exe?") != url.npos || url.ends_with(".exe"))) { return true; }
                if (i == 1 && url.starts_with("http://")) { return true; }
                if (i == 2 && url.ends_with(":443")) { return true; }
              }
              return false;
            }};
  }

  // What is_in_names(), is_in_nets() and is_in_ads() say, joined by `or`.
  OracleCondition listed() {
    const bool is_by_category = chance(50);
    std::string text = is_by_category ? "category" : "list";
    const auto chosen = some_of(3, text, {is_by_category ? "names" : "plain", "nets", "ads"});
    return {text, [chosen](const Facts& facts) -> Maybe {
              Maybe any = false;
              for (const std::size_t i : chosen) {
                const Maybe one = i == 0 ? is_in_names(facts) : i == 1 ? is_in_nets(facts) : is_in_ads(facts);
                if (one == Maybe(true)) { return true; }
                if (!one) { any = std::nullopt; }
              }
              return any;
            }};
  }

  std::mt19937 random_;
};

// The lists that made_lists() compiles, in words of code.
bool is_below(std::string_view host, const std::string& name) {
  return host == name || host.ends_with("." + name);
}

Maybe is_in_names(const Facts& facts) {
  if (!facts.host) { return std::nullopt; }
  return is_below(*facts.host, "example.com");
}

Maybe is_in_nets(const Facts& facts) {
  if (!facts.destination) { return facts.destination_resolved_elsewhere ? Maybe(false) : std::nullopt; }
  return shares_bits(*facts.destination, test::address("10.1.0.0"), 96 + 16) &&
         !shares_bits(*facts.destination, test::address("10.1.255.0"), 96 + 24);
}

// Without the whole URL an exception may still come.
Maybe is_in_ads(const Facts& facts) {
  if (!facts.host || !facts.url) { return std::nullopt; }
  const std::string url(*facts.url);
  const bool is_site = is_below(*facts.host, "www.example.com");
  const std::size_t scheme = url.find("://");
  const std::string path = scheme == url.npos ? "" : url.substr(url.find('/', scheme + 3));
  if (is_site && path.starts_with("/a.exe")) { return false; }
  return is_site || url.find("/ads/") != url.npos;
}

std::shared_ptr<const Lists> made_lists() {
  ListCompiler compiler;
  const auto tag = [&](ListFormat format, const char* list, const char* category) {
    return compiler.add_tag({list, category, has_final_exceptions(format)}).value();
  };
  import_list(ListFormat::domains, "example.com\n", tag(ListFormat::domains, "plain", "names"), compiler);
  import_list(ListFormat::addresses, "10.1.0.0/16\nadd x 10.1.255.0/24 nomatch\n",
              tag(ListFormat::addresses, "nets", "nets"), compiler);
  import_list(ListFormat::adblock, "||www.example.com^\n@@||www.example.com/a.exe\n/ads/$all\n",
              tag(ListFormat::adblock, "ads", "ads"), compiler);
  return std::make_shared<const Lists>(test::set_of(compiler), nullptr);
}

CompileOptions with_lists() {
  CompileOptions options;
  options.lists = made_lists();
  return options;
}

constexpr int kPolicies = 400;
constexpr int kFactsEach = 60;

TEST(Evaluation, SaysWhatTheSlowAndObviousOneSays) {
  Generator generator(1);
  const CompileOptions options = with_lists();
  for (int i = 0; i < kPolicies; ++i) {
    const OraclePolicy oracle = generator.policy();
    const auto policy = compiled(oracle.text, options);
    ASSERT_TRUE(policy) << oracle.text;
    for (int k = 0; k < kFactsEach; ++k) {
      const Facts facts = generator.without_some(generator.all_facts(), k % 3 * 30);
      const auto [rule, verdict] = oracle.decide(facts);
      const Decision decision = policy->decide(facts);
      ASSERT_EQ(decision.verdict, verdict) << oracle.text;
      ASSERT_EQ(decision.rule_id, std::to_string(rule)) << oracle.text;
    }
  }
}

TEST(Evaluation, NeverDecidesEarlyWhatItWouldDecideOtherwiseInTheEnd) {
  Generator generator(2);
  const CompileOptions options = with_lists();
  int early = 0;
  for (int i = 0; i < kPolicies; ++i) {
    const OraclePolicy oracle = generator.policy();
    const auto policy = compiled(oracle.text, options);
    ASSERT_TRUE(policy) << oracle.text;
    for (int k = 0; k < kFactsEach; ++k) {
      const Facts all = generator.all_facts();
      const Decision last = policy->decide(all);
      ASSERT_NE(last.verdict, Verdict::undecided) << oracle.text;
      const Decision first = policy->decide(generator.without_some(all, 40));
      if (first.verdict == Verdict::undecided) { continue; }
      ++early;
      ASSERT_EQ(first.verdict, last.verdict) << oracle.text;
    }
  }
  EXPECT_GT(early, kPolicies) << "the test says nothing when nothing is ever decided early";
}

TEST(Evaluation, KeepsADecisionAsMoreFactsBecomeKnownAndWaitsForLaterRulesOnly) {
  Generator generator(3);
  const CompileOptions options = with_lists();
  for (int i = 0; i < kPolicies; ++i) {
    const OraclePolicy oracle = generator.policy();
    const auto policy = compiled(oracle.text, options);
    ASSERT_TRUE(policy) << oracle.text;
    for (int k = 0; k < kFactsEach; ++k) {
      const Facts more = generator.without_some(generator.all_facts(), 20);
      const Decision later = policy->decide(more);
      const Decision earlier = policy->decide(generator.without_some(more, 40));
      if (earlier.verdict == Verdict::undecided) {
        ASSERT_LE(std::stoi(std::string(earlier.rule_id)), std::stoi(std::string(later.rule_id))) << oracle.text;
      } else {
        ASSERT_EQ(earlier.verdict, later.verdict) << oracle.text;
      }
    }
  }
}

TEST(Evaluation, ExplainsWithTheOutcomesThatLedToTheDecision) {
  Generator generator(4);
  const CompileOptions options = with_lists();
  for (int i = 0; i < kPolicies; ++i) {
    const OraclePolicy oracle = generator.policy();
    const auto policy = compiled(oracle.text, options);
    ASSERT_TRUE(policy) << oracle.text;
    const Facts facts = generator.without_some(generator.all_facts(), 25);
    const auto steps = policy->explain(facts);
    using Outcome = Snapshot::Step::Outcome;
    ASSERT_EQ(steps.back().outcome, Outcome::matched) << oracle.text;
    const Decision decision = policy->decide(facts);
    const auto is_named = [&](const Snapshot::Step& step) { return step.rule->id == decision.rule_id; };
    const auto named = std::find_if(steps.begin(), steps.end(), is_named);
    ASSERT_NE(named, steps.end()) << oracle.text;
    EXPECT_EQ(named->outcome, decision.verdict != Verdict::undecided ? Outcome::matched : Outcome::not_yet_known);
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const Maybe truth = oracle.rules[k].judge(facts);
      EXPECT_EQ(steps[k].outcome, !truth ? Outcome::not_yet_known : *truth ? Outcome::matched : Outcome::not_matched);
    }
  }
}

// Every canonical line means what the line that it was made from means.
TEST(Evaluation, IsTheSameForTheCanonicalText) {
  Generator generator(5);
  const CompileOptions options = with_lists();
  for (int i = 0; i < kPolicies; ++i) {
    const OraclePolicy oracle = generator.policy();
    const auto policy = compiled(oracle.text, options);
    ASSERT_TRUE(policy) << oracle.text;
    std::string canonical = OraclePolicy::kDeclarations;
    for (const Rule& rule : policy->rules()) { canonical += rule.text + '\n'; }
    const auto again = compiled(canonical, options);
    ASSERT_TRUE(again) << canonical;
    for (std::size_t k = 0; k < again->rules().size(); ++k) {
      EXPECT_EQ(again->rules()[k].text, policy->rules()[k].text);
      EXPECT_EQ(again->rules()[k].id, policy->rules()[k].id);
    }
    const Facts facts = generator.all_facts();
    EXPECT_EQ(again->decide(facts).rule_id, policy->decide(facts).rule_id) << canonical;
  }
}

}  // namespace
}  // namespace sluice::policy
