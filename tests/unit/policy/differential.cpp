// The compiled policy against a slow and obvious one, on random policies and facts.

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <random>
#include <set>
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
  bool is_shadow = false;

  // What the line begins with.
  std::string action() const {
    switch (verdict) {
      case Verdict::redirect:
        return "redirect \"http://portal.example/?from={url}\"";
      case Verdict::reject:
        return "quic reject";
      default:
        return std::string(to_string(verdict));
    }
  }

  // What the verdict itself stands for.
  Maybe implied(const Facts& facts) const {
    if (verdict == Verdict::splice) { return facts.authority ? Maybe(!facts.authority->empty()) : std::nullopt; }
    if (verdict != Verdict::reject) { return true; }
    return conjunction({facts.protocol ? Maybe(*facts.protocol == "udp") : std::nullopt,
                        facts.port ? Maybe(*facts.port == 443) : std::nullopt});
  }

  Maybe judge(const Facts& facts) const {
    std::vector<Maybe> all{implied(facts)};
    for (const auto& condition : conditions) { all.push_back(condition.judge(facts)); }
    if (!exceptions.empty()) {
      std::vector<Maybe> excepted;
      for (const auto& condition : exceptions) { excepted.push_back(condition.judge(facts)); }
      all.push_back(negation(conjunction(excepted)));
    }
    return conjunction(all);
  }
};

// A setting line, which tells its place i among the settings: `set response field X-Kind-k "i"`, or `limit rate i+1/s`.
struct OracleSetting {
  static constexpr int kRate = 2;

  OracleRule rule;
  int kind;

  std::string what(std::size_t place) const {
    if (kind == kRate) { return "limit rate " + std::to_string(place + 1) + "/s"; }
    return "set response field X-Kind-" + std::to_string(kind) + " \"" + std::to_string(place) + '"';
  }
};

struct OraclePolicy {
  // What every text begins with; made_lists() has the lists.
  static constexpr const char* kDeclarations =
      "net lab 10.1.0.0/16, 2001:db8::/33\nnet outer lab, 192.0.2.0/25\ntime work mon-fri 08:00-18:00 Europe/Berlin "
      "except 12-25\nset names example.com, .example.com\n"
      "group staff alice, bob\ngroup ops carol\n"
      "list plain domains \"/x\" category names\nlist nets addresses \"/x\"\nlist ads adblock \"/x\"\n"
      "list zone rpz \"/x\"\n";

  std::string text;
  std::vector<OracleRule> rules;
  std::vector<OracleSetting> settings;

  // The places of the settings that apply, in their order.
  std::vector<std::size_t> choose(const Facts& facts) const {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < settings.size(); ++i) {
      bool is_first = true;
      for (const std::size_t other : chosen) { is_first = is_first && settings[other].kind != settings[i].kind; }
      if (is_first && !settings[i].rule.is_shadow && settings[i].rule.judge(facts) == Maybe(true)) {
        chosen.push_back(i);
      }
    }
    return chosen;
  }

  // The first shadow rule that is true ahead of the deciding one.
  std::optional<std::size_t> shadow(const Facts& facts, std::size_t deciding) const {
    for (std::size_t i = 0; i < std::min(deciding, rules.size()); ++i) {
      const bool counts = rules[i].is_shadow && !is_passed_over(rules[i], facts);
      if (counts && rules[i].judge(facts) == Maybe(true)) { return i; }
    }
    return std::nullopt;
  }

  // What lets pass says nothing of PURGE unless a `method` ahead of `unless` names it.
  static bool is_passed_over(const OracleRule& rule, const Facts& facts) {
    const bool lets_pass =
        rule.verdict == Verdict::allow || rule.verdict == Verdict::bypass || rule.verdict == Verdict::splice;
    if (facts.method != "PURGE" || !lets_pass) { return false; }
    return std::ranges::none_of(rule.conditions, [](const OracleCondition& condition) {
      return condition.text.starts_with("method ") && condition.text.find("PURGE") != std::string::npos;
    });
  }

  static constexpr std::size_t kNoRule = ~std::size_t{};

  // The index of the rule that decides, and the verdict.
  std::pair<std::size_t, Verdict> decide(const Facts& facts) const {
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (rules[i].is_shadow || is_passed_over(rules[i], facts)) { continue; }
      const Maybe truth = rules[i].judge(facts);
      if (!truth) { waiting.push_back(i); }
      if (!truth || !*truth) { continue; }
      for (const std::size_t other : waiting) {
        const bool is_same = rules[other].verdict == rules[i].verdict && rules[i].verdict != Verdict::redirect;
        if (!is_same) { return {waiting.front(), Verdict::undecided}; }
      }
      return {i, rules[i].verdict};
    }
    // PURGE that no rule allows is denied.
    EXPECT_EQ(facts.method, "PURGE") << "no default";
    for (const std::size_t other : waiting) {
      if (rules[other].verdict != Verdict::deny) { return {waiting.front(), Verdict::undecided}; }
    }
    return {kNoRule, Verdict::deny};
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
Maybe is_in_zone(const Facts& facts);

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
      policy.text += line(rule.action(), rule) + " id " + std::to_string(i) + "\n";
    }
    for (int count = below(4); count > 0; --count) {
      policy.settings.push_back({rule(), below(OracleSetting::kRate + 1)});
      policy.settings.back().rule.verdict = Verdict::allow;  // that of a setting stands for nothing
    }
    for (std::size_t i = 0; i < policy.settings.size(); ++i) {
      OracleSetting& setting = policy.settings[i];
      policy.text += line(setting.what(i), setting.rule) + " id s" + std::to_string(i) + "\n";
    }
    return policy;
  }

  static std::string line(std::string text, const OracleRule& rule) {
    for (const auto& condition : rule.conditions) { text += " " + condition.text; }
    if (!rule.exceptions.empty()) { text += " unless"; }
    for (const auto& condition : rule.exceptions) { text += " " + condition.text; }
    return rule.is_shadow ? text + " shadow" : text;
  }

  Facts all_facts() {
    Facts facts;
    facts.client = an_address();
    facts.destination_resolved_elsewhere = chance(15);
    if (!facts.destination_resolved_elsewhere || chance(20)) { facts.destination = an_address(); }
    facts.port = static_cast<std::uint16_t>(kPorts[static_cast<std::size_t>(below(5))]);
    facts.protocol = chance(50) ? "tcp" : "udp";
    facts.interface = kInterfaces[static_cast<std::size_t>(below(3))];
    facts.host = kHosts[static_cast<std::size_t>(below(8))];
    facts.method = kMethods[static_cast<std::size_t>(below(4))];
    facts.scheme = kSchemes[static_cast<std::size_t>(below(3))];
    facts.url = kUrls[static_cast<std::size_t>(below(4))];
    facts.path_and_query = kPaths[static_cast<std::size_t>(below(6))];
    facts.listener = kListeners[static_cast<std::size_t>(below(3))];
    facts.mode = chance(50) ? "explicit" : "reverse";
    facts.authority = chance(50) ? std::string_view() : kHosts[static_cast<std::size_t>(below(8))];
    facts.hello = a_hello();
    facts.fields = a_message().lines();
    facts.user = kUsers[static_cast<std::size_t>(below(5))];
    if (chance(30)) { facts.groups = kGroups; }
    facts.now =
        std::chrono::sys_seconds(std::chrono::seconds(1'764'547'200 + 3600LL * below(24 * 60)));  // from 2025-12-01
    facts.has_no_response = chance(15);
    if (!facts.has_no_response) { add_response(facts); }
    return facts;
  }

  void add_response(Facts& facts) {
    facts.status = kStatuses[static_cast<std::size_t>(below(4))];
    facts.type = kTypes[static_cast<std::size_t>(below(4))];
    facts.size_is_untold = chance(20);
    if (!facts.size_is_untold) { facts.size = static_cast<std::uint64_t>(below(3)) * 1024; }
    facts.response_fields = a_message().lines();
  }

  // Forgets each fact with this chance; but who knows that another proxy resolves knows at once whether there is an
  // address to judge, and who may have a PURGE before him knows its method.
  Facts without_some(Facts facts, int percent) {
    if (chance(percent)) { facts.client = {}; }
    if (!facts.destination_resolved_elsewhere && chance(percent)) { facts.destination = {}; }
    if (chance(percent)) { facts.port = {}; }
    if (chance(percent)) { facts.protocol = {}; }
    if (chance(percent)) { facts.interface = {}; }
    if (chance(percent)) { facts.host = {}; }
    if (facts.method != "PURGE" && chance(percent)) { facts.method = {}; }
    if (chance(percent)) { facts.scheme = {}; }
    if (chance(percent)) { facts.url = {}; }
    if (chance(percent)) { facts.path_and_query = {}; }
    if (chance(percent)) { facts.listener = {}; }
    if (chance(percent)) { facts.mode = {}; }
    if (chance(percent)) { facts.authority = {}; }
    if (chance(percent)) { facts.hello = {}; }
    if (chance(percent)) { facts.fields = {}; }
    if (chance(percent)) { facts.user = {}, facts.groups = {}; }
    if (chance(percent)) { facts.has_no_response = false; }
    if (chance(percent)) { facts.status = {}; }
    if (chance(percent)) { facts.type = {}; }
    if (chance(percent)) { facts.size = {}, facts.size_is_untold = false; }
    if (chance(percent)) { facts.response_fields = {}; }
    return facts;
  }

 private:
  static constexpr std::array<int, 5> kPorts{0, 80, 443, 8050, 65535};
  static constexpr std::array<std::string_view, 8> kHosts{
      "example.com", "www.example.com", "a.www.example.com", "notexample.com", "com", "10.1.0.1", "2001:db8::1", ""};
  static constexpr std::array<std::string_view, 3> kInterfaces{"", "eth0", "wg0"};
  static constexpr std::array<std::string_view, 4> kMethods{"GET", "CONNECT", "POST", "PURGE"};
  static constexpr std::array<std::string_view, 3> kSchemes{"http", "https", ""};
  static constexpr std::array<std::string_view, 4> kUrls{"http://example.com/", "https://www.example.com/a.exe?b",
                                                         "example.com:443", "http://10.1.0.1/ads/x"};

  static constexpr std::array<std::string_view, 6> kPaths{"",     "/", "/app", "/app/x?utm_source=a", "/apple?x=1&y",
                                                          "/?y=2"};
  static constexpr std::array<std::string_view, 3> kListeners{"127.0.0.1:3128", "192.0.2.1:3128", "[::1]:80"};
  static constexpr std::array<std::string_view, 2> kProtocols{"h2", "http/1.1"};
  static constexpr std::array<int, 4> kStatuses{200, 204, 404, 503};
  static constexpr std::array<std::string_view, 4> kTypes{"", "text/html", "Text/HTML; charset=utf-8", "image/png"};

 public:
  static constexpr std::array<std::string_view, 5> kUsers{"", "alice", "bob", "carol", "dave"};

 private:
  static constexpr std::array<std::string_view, 2> kGroups{"elsewhere", "ops"};  // that somebody else says

  static const test::Message& message(std::size_t i) {
    static const std::array<test::Message, 4> kMessages{
        test::Message{},
        test::Message{{{"User-Agent", "curl/8"}, {"Cookie", "a=b"}}},
        test::Message{{{"user-agent", "Mozilla"}, {"Server", "nginx"}}},
        test::Message{{{"X-A", "one"}, {"User-Agent", "x"}, {"User-Agent", "curl"}}},
    };
    return kMessages[i];
  }
  Hello a_hello() {
    Hello hello;
    hello.is_tls = chance(80);
    if (!hello.is_tls) { return hello; }
    hello.server_name = kHosts[static_cast<std::size_t>(below(8))];
    hello.protocols = std::span(kProtocols).subspan(0, static_cast<std::size_t>(below(3)));
    hello.has_ech = chance(50);
    return hello;
  }
  const test::Message& a_message() { return message(static_cast<std::size_t>(below(4))); }

  Address an_address() {
    static constexpr std::array<std::string_view, 9> kAddresses{
        "10.1.0.1",        "10.2.0.1", "192.0.2.127", "192.0.2.128",        "2001:db8::1",
        "2001:db8:8000::", "::1",      "127.0.0.1",   "::ffff:10.1.255.255"};
    return test::address(kAddresses[static_cast<std::size_t>(below(9))]);
  }

  OracleRule rule() {
    OracleRule rule{a_verdict(), "", {}, {}};
    const bool is_quic = rule.verdict == Verdict::reject;
    for (int count = 1 + below(3); count > 0; --count) { rule.conditions.push_back(condition()); }
    if (chance(40)) {
      for (int count = 1 + below(3); count > 0; --count) { rule.exceptions.push_back(condition()); }
      if (chance(30)) { rule.conditions.clear(); }
    }
    if (is_quic) {
      std::erase_if(rule.conditions, says_what_quic_does);
      std::erase_if(rule.exceptions, says_what_quic_does);
    }
    if (rule.conditions.empty() && rule.exceptions.empty()) { rule.conditions.push_back(destination()); }
    rule.is_shadow = chance(20);
    return rule;
  }

  // Most are allow and deny, so that policies of two verdicts come up too.
  Verdict a_verdict() {
    static constexpr std::array<Verdict, 4> kRare{Verdict::splice, Verdict::bypass, Verdict::redirect, Verdict::reject};
    if (chance(40)) { return kRare[static_cast<std::size_t>(below(4))]; }
    return chance(50) ? Verdict::allow : Verdict::deny;
  }

  // `quic` is `protocol udp port 443`, and takes no second word about either.
  static bool says_what_quic_does(const OracleCondition& condition) {
    return condition.text.find("protocol ") != std::string::npos || condition.text.find("port ") != std::string::npos;
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
    switch (below(27)) {
      case 0:
        return addresses("from", [](const Facts& facts) { return facts.client; });
      case 1:
        return destination();
      case 2:
        return hosts("host", [](const Facts& facts) { return facts.host; });
      case 3:
        return ports();
      case 4:
        return words("method", {"GET", "CONNECT", "POST", "PUT", "PURGE"},
                     [](const Facts& facts) { return facts.method; });
      case 5:
        return words("scheme", {"http", "https"}, [](const Facts& facts) { return facts.scheme; });
      case 6:
        return words("mode", {"explicit", "reverse"}, [](const Facts& facts) { return facts.mode; });
      case 7:
        return listeners();
      case 8:
        return hosts("authority", [](const Facts& facts) { return facts.authority; });
      case 9:
        return paths();
      case 10:
        return parameters();
      case 11:
        return fields("field", [](const Facts& facts) { return std::pair(facts.fields, false); });
      case 12:
        return fields("response field",
                      [](const Facts& facts) { return std::pair(facts.response_fields, facts.has_no_response); });
      case 13:
        return statuses();
      case 14:
        return types();
      case 15:
        return sizes();
      case 16:
        return times();
      case 17:
        return words("user", {"alice", "carol", "erin"}, [](const Facts& facts) { return facts.user; });
      case 18:
        return groups();
      case 19:
        return listed();
      case 20:
        return words("protocol", {"tcp", "udp"}, [](const Facts& facts) { return facts.protocol; });
      case 21:
        return words("interface", {"eth0", "wg0", "br-lan"}, [](const Facts& facts) { return facts.interface; });
      case 22:
        return hosts("sni", [](const Facts& facts) {
          return facts.hello ? std::optional(facts.hello->server_name) : std::nullopt;
        });
      case 23:
        return protocols();
      case 24:
        return {"ech", [](const Facts& facts) { return facts.hello ? Maybe(facts.hello->has_ech) : std::nullopt; }};
      case 25:
        return inconsistent();
      default:
        return urls();
    }
  }

  // The value of one of the choices that holds by itself for the fact; unknown without a fact.
  template <typename Fact, typename Holds>
  OracleCondition any_of(std::string text, const std::vector<std::string>& choices,
                         std::function<std::pair<std::optional<Fact>, bool>(const Facts&)> fact, Holds holds) {
    const auto chosen = some_of(choices.size(), text, choices);
    return {text, [choices, chosen, fact, holds](const Facts& facts) -> Maybe {
              const auto [value, never] = fact(facts);
              if (!value && never) { return false; }
              if (!value) { return std::nullopt; }
              for (const std::size_t i : chosen) {
                if (holds(choices[i], *value)) { return true; }
              }
              return false;
            }};
  }

  OracleCondition listeners() {
    return any_of<std::string_view>(
        "listener", {"3128", "80", "192.0.2.1:3128", "[::1]:80"},
        [](const Facts& facts) { return std::pair(facts.listener, false); },
        [](const std::string& value, std::string_view listener) {
          return listener == value || (value.size() < 5 && listener.ends_with(":" + value));
        });
  }

  OracleCondition paths() {
    return any_of<std::string_view>(
        "path", {"/", "/app", "/app/", "/apple"},
        [](const Facts& facts) { return std::pair(facts.path_and_query, false); },
        [](const std::string& value, std::string_view whole) {
          const std::string path(whole.substr(0, whole.find('?')));
          return path == value || path.starts_with(value.ends_with('/') ? value : value + "/");
        });
  }

  OracleCondition parameters() {
    return any_of<std::string_view>(
        "query", {"utm_*", "x=1", "x", "y"}, [](const Facts& facts) { return std::pair(facts.path_and_query, false); },
        [](const std::string& value, std::string_view whole) {
          if (whole.find('?') == whole.npos) { return false; }
          const std::string query = "&" + std::string(whole.substr(whole.find('?') + 1)) + "&";
          if (value == "utm_*") { return query.find("&utm_") != query.npos; }
          return query.find("&" + value + "&") != query.npos ||
                 (value.size() == 1 && query.find("&" + value + "=") != query.npos);
        });
  }

  OracleCondition fields(std::string text,
                         std::function<std::pair<std::optional<FieldLines>, bool>(const Facts&)> fact) {
    const std::string name = chance(70) ? "User-Agent" : "server";
    text += " " + name + " ~";
    return any_of<FieldLines>(text, {"\"curl\"", "\"^nginx$\"", "\"x$\""}, fact,
                              [name](const std::string& value, const FieldLines& lines) {
                                const auto& message = *static_cast<const test::Message*>(lines.message);
                                for (const auto& [own, line] : message.fields) {
                                  if (::strcasecmp(own.c_str(), name.c_str()) != 0) { continue; }
                                  if (value == "\"curl\"" && line.find("curl") != line.npos) { return true; }
                                  if (value == "\"^nginx$\"" && line == "nginx") { return true; }
                                  if (value == "\"x$\"" && line.ends_with("x")) { return true; }
                                }
                                return false;
                              });
  }

  OracleCondition protocols() {
    return any_of<Hello>(
        "alpn", {"h2", "http/1.1", "h3"}, [](const Facts& facts) { return std::pair(facts.hello, false); },
        [](const std::string& value, const Hello& hello) {
          for (const std::string_view protocol : hello.protocols) {
            if (protocol == value) { return true; }
          }
          return false;
        });
  }

  // The hosts are names but for two, which are addresses.
  OracleCondition inconsistent() {
    return {"inconsistent", [](const Facts& facts) -> Maybe {
              if (!facts.authority) { return std::nullopt; }
              const bool is_name =
                  *facts.authority != "" && *facts.authority != "10.1.0.1" && *facts.authority != "2001:db8::1";
              if (!is_name) { return false; }
              if (!facts.hello) { return std::nullopt; }
              return facts.hello->server_name != "" && facts.hello->server_name != *facts.authority;
            }};
  }

  OracleCondition statuses() {
    return any_of<int>(
        "status", {"200", "400-499", "500-599"},
        [](const Facts& facts) { return std::pair(facts.status, facts.has_no_response); },
        [](const std::string& value, int status) {
          return value == "200" ? status == 200 : status / 100 == value[0] - '0';
        });
  }

  OracleCondition types() {
    return any_of<std::string_view>(
        "type", {"text/html", "image/*", "text/*"},
        [](const Facts& facts) { return std::pair(facts.type, facts.has_no_response); },
        [](const std::string& value, std::string_view type) {
          const bool is_html = type == "text/html" || type == "Text/HTML; charset=utf-8";
          return value == "image/*" ? type == "image/png" : is_html;
        });
  }

  OracleCondition groups() {
    return any_of<Facts>(
        "group", {"staff", "ops"},
        [](const Facts& facts) { return std::pair(facts.user ? std::optional(facts) : std::nullopt, false); },
        [](const std::string& value, const Facts& facts) {
          const auto user = *facts.user;
          if (value == "staff") { return user == "alice" || user == "bob"; }
          return user == "carol" || !facts.groups.empty();
        });
  }

  OracleCondition sizes() {
    const bool is_over = chance(50);
    return {is_over ? "size over 1KiB" : "size under 1024", [is_over](const Facts& facts) -> Maybe {
              if (!facts.size) { return facts.size_is_untold || facts.has_no_response ? Maybe(false) : std::nullopt; }
              return is_over ? *facts.size > 1024 : *facts.size < 1024;
            }};
  }

  // Berlin is an hour ahead of UTC in all of the generated times.
  OracleCondition times() {
    if (chance(30)) {
      return {"until 2025-12-20 12:00",
              [](const Facts& facts) -> Maybe { return facts.now.time_since_epoch().count() < 1'766'232'000; }};
    }
    return {"during work", [](const Facts& facts) -> Maybe {
              const auto hours = facts.now.time_since_epoch().count() / 3600 + 1;
              const auto day = hours / 24;  // since 1970-01-01, a Thursday
              const bool is_weekday = (day + 3) % 7 < 5;
              const bool is_christmas = day == 20'447;
              return is_weekday && !is_christmas && hours % 24 >= 8 && hours % 24 < 18;
            }};
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

  OracleCondition hosts(std::string text, std::function<std::optional<std::string_view>(const Facts&)> fact) {
    const std::vector<std::string> choices{
        "example.com", ".example.com", "*.www.example.com", "WWW.Example.COM.", "10.1.0.1", "[2001:db8::1]",
        ".com",        "@names"};
    const auto chosen = some_of(choices.size(), text, choices);
    return {text, [chosen, fact](const Facts& facts) -> Maybe {
              const auto named = fact(facts);
              if (!named) { return std::nullopt; }
              const std::string host(*named);
              const auto is_below = [&](const std::string& name) { return host == name || host.ends_with("." + name); };
              for (const std::size_t i : chosen) {
                if (i == 0 && host == "example.com") { return true; }
                if (i == 1 && is_below("example.com")) { return true; }
                if (i == 2 && is_below("www.example.com")) { return true; }
                if (i == 3 && host == "www.example.com") { return true; }
                if (i == 4 && host == "10.1.0.1") { return true; }
                if (i == 5 && host == "2001:db8::1") { return true; }
                if (i == 6 && is_below("com")) { return true; }
                if (i == 7 && is_below("example.com")) { return true; }
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

  // What is_in_names(), is_in_nets(), is_in_ads() and is_in_zone() say, joined by `or`.
  OracleCondition listed() {
    const bool is_by_category = chance(50);
    std::string text = is_by_category ? "category" : "list";
    const auto chosen = some_of(4, text, {is_by_category ? "names" : "plain", "nets", "ads", "zone"});
    return {text, [chosen](const Facts& facts) -> Maybe {
              constexpr std::array<Maybe (*)(const Facts&), 4> kLists{is_in_names, is_in_nets, is_in_ads, is_in_zone};
              Maybe any = false;
              for (const std::size_t i : chosen) {
                const Maybe one = kLists[i](facts);
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

// No exception of an address takes a name back.
Maybe is_in_zone(const Facts& facts) {
  if (!facts.host) { return std::nullopt; }
  const bool is_passed = *facts.host == "www.example.com";
  if (is_below(*facts.host, "example.com") && !is_passed) { return true; }
  const Maybe by_address = is_in_nets(facts);
  return by_address == Maybe(true) ? !is_passed : by_address;
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
  import_list(ListFormat::rpz,
              "example.com CNAME .\n*.example.com CNAME .\nwww.example.com CNAME rpz-passthru.\n"
              "16.0.0.1.10.rpz-ip CNAME .\n24.0.255.1.10.rpz-ip CNAME rpz-passthru.\n",
              tag(ListFormat::rpz, "zone", "zone"), compiler);
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
      ASSERT_EQ(decision.rule_id, rule == OraclePolicy::kNoRule ? "" : std::to_string(rule)) << oracle.text;
      if (verdict == Verdict::undecided) { continue; }
      const auto shadow = oracle.shadow(facts, rule);
      ASSERT_EQ(decision.shadow_verdict, shadow ? oracle.rules[*shadow].verdict : Verdict::undecided) << oracle.text;
      ASSERT_EQ(decision.shadow_id, shadow ? std::to_string(*shadow) : "") << oracle.text;
    }
  }
}

// Of what `choose` found the places of the lines.
std::vector<std::size_t> places_of(const Settings& chosen) {
  std::vector<std::size_t> places;
  for (const Setting* setting : chosen.fields) { places.push_back(std::stoul(setting->value)); }
  if (const Setting* rate = chosen[SettingKind::limit_rate]) { places.push_back(rate->size - 1); }
  std::ranges::sort(places);
  return places;
}

// The rate is the one of these settings that is asked for ahead of the response as well.
TEST(Evaluation, ChoosesTheSettingsThatTheSlowAndObviousOneChooses) {
  Generator generator(6);
  const CompileOptions options = with_lists();
  std::size_t applied = 0;
  std::size_t rates = 0;
  for (int i = 0; i < kPolicies; ++i) {
    const OraclePolicy oracle = generator.policy();
    const auto policy = compiled(oracle.text, options);
    ASSERT_TRUE(policy) << oracle.text;
    for (int k = 0; k < kFactsEach; ++k) {
      const Facts facts = generator.without_some(generator.all_facts(), k % 3 * 30);
      Settings chosen;
      policy->choose(SettingStage::response, facts, chosen);
      std::vector<std::size_t> expected = oracle.choose(facts);
      ASSERT_EQ(places_of(chosen), expected) << oracle.text;
      applied += expected.size();
      policy->choose(SettingStage::request, facts, chosen);
      std::erase_if(expected, [&](std::size_t i) { return oracle.settings[i].kind != OracleSetting::kRate; });
      ASSERT_EQ(places_of(chosen), expected) << oracle.text;
      rates += expected.size();
    }
  }
  EXPECT_GT(applied, 1000u);
  EXPECT_GT(rates, 300u);
}

// What is asked again because a shadow rule waits never changes the verdict.
TEST(Evaluation, SaysWhenAShadowRuleWaits) {
  Generator generator(7);
  const CompileOptions options = with_lists();
  int waiting = 0;
  for (int i = 0; i < kPolicies; ++i) {
    const OraclePolicy oracle = generator.policy();
    const auto policy = compiled(oracle.text, options);
    ASSERT_TRUE(policy) << oracle.text;
    for (int k = 0; k < kFactsEach; ++k) {
      const Facts all = generator.all_facts();
      const Decision last = policy->decide(all);
      ASSERT_FALSE(last.shadow_is_pending) << oracle.text;
      const Decision first = policy->decide(generator.without_some(all, 40));
      if (first.verdict == Verdict::undecided) { continue; }
      if (first.shadow_is_pending) {
        ++waiting;
      } else if (first.rule_id == last.rule_id) {
        ASSERT_EQ(first.shadow_id, last.shadow_id) << oracle.text;
      }
    }
  }
  EXPECT_GT(waiting, 0);
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
      if (last.verdict == Verdict::redirect) { ASSERT_EQ(first.rule_id, last.rule_id) << oracle.text; }
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
        if (later.rule_id.empty()) { continue; }  // PURGE that no rule allows
        ASSERT_LE(std::stoi(std::string(earlier.rule_id)), std::stoi(std::string(later.rule_id))) << oracle.text;
      } else {
        ASSERT_EQ(earlier.verdict, later.verdict) << oracle.text;
      }
    }
  }
}

// Who is not asked for a name gets what everybody would get.
TEST(Evaluation, WaitsForTheUserWheneverThatCouldChangeTheVerdict) {
  Generator generator(8);
  const CompileOptions options = with_lists();
  int asked = 0;
  int not_asked = 0;
  for (int i = 0; i < kPolicies; ++i) {
    const OraclePolicy oracle = generator.policy();
    const auto policy = compiled(oracle.text, options);
    ASSERT_TRUE(policy) << oracle.text;
    for (int k = 0; k < kFactsEach; ++k) {
      Facts all = generator.all_facts();
      all.groups = {};
      Facts early = generator.without_some(all, 40);
      early.user = {};
      if (policy->decide(early).verdict != Verdict::undecided) { continue; }
      if (policy->rule_that_waits_for_user(early) != nullptr) {
        ++asked;
        continue;
      }
      ++not_asked;
      const Verdict last = policy->decide(all).verdict;
      for (const auto user : Generator::kUsers) {
        all.user = user;
        ASSERT_EQ(policy->decide(all).verdict, last) << oracle.text << user;
      }
    }
  }
  EXPECT_GT(asked, 500);
  EXPECT_GT(not_asked, 500);
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
    const Decision decision = policy->decide(facts);
    const bool has_no_rule = facts.method == "PURGE" && steps.back().outcome != Outcome::matched;
    if (has_no_rule) {
      ASSERT_NE(decision.verdict, Verdict::allow) << oracle.text;
      continue;
    }
    ASSERT_EQ(steps.back().outcome, Outcome::matched) << oracle.text;
    const auto is_named = [&](const Snapshot::Step& step) { return step.rule->id == decision.rule_id; };
    const auto named = std::find_if(steps.begin(), steps.end(), is_named);
    ASSERT_NE(named, steps.end()) << oracle.text;
    EXPECT_EQ(named->outcome, decision.verdict != Verdict::undecided ? Outcome::matched : Outcome::not_yet_known);
    for (std::size_t k = 0; k < steps.size(); ++k) {
      if (OraclePolicy::is_passed_over(oracle.rules[k], facts)) {
        EXPECT_EQ(steps[k].outcome, Outcome::passed_over);
        continue;
      }
      const Maybe truth = oracle.rules[k].judge(facts);
      if (oracle.rules[k].is_shadow && decision.verdict == Verdict::undecided) { continue; }
      EXPECT_EQ(steps[k].outcome, !truth ? Outcome::not_yet_known : *truth ? Outcome::matched : Outcome::not_matched);
    }
  }
}

// Every canonical line means what the line that it was made from means.
// Few values, so that conditions often say the same, less, more or the opposite of each other.
constexpr std::array<std::string_view, 62> kClose{"host example.com",
                                                  "host .example.com",
                                                  "host www.example.com, com",
                                                  "host .www.example.com",
                                                  "host 10.1.0.1",
                                                  "authority .example.com",
                                                  "authority www.example.com",
                                                  "sni .example.com",
                                                  "sni example.com",
                                                  "from lab",
                                                  "from 10.1.0.0/16",
                                                  "from 10.0.0.0/8",
                                                  "from 192.0.2.0/24",
                                                  "from ::/0",
                                                  "to outer",
                                                  "to 10.1.0.0/16",
                                                  "to ::/0",
                                                  "to 192.0.2.0/24, 2001:db8::/32",
                                                  "port 80",
                                                  "port 0-443",
                                                  "port 443, 8050",
                                                  "port 0-65535",
                                                  "port 8000-9000",
                                                  "protocol tcp",
                                                  "protocol udp",
                                                  "interface eth0",
                                                  "interface wg0",
                                                  "method GET",
                                                  "method CONNECT",
                                                  "method GET, POST",
                                                  "scheme http",
                                                  "scheme https",
                                                  "path /app",
                                                  "path /app/",
                                                  "path /app/x",
                                                  "path /",
                                                  "query y",
                                                  "query utm_*",
                                                  "query x=1",
                                                  "type text/*",
                                                  "type text/html",
                                                  "type image/png",
                                                  "status 200",
                                                  "status 200-299",
                                                  "status 404, 503",
                                                  "size over 1KiB",
                                                  "size under 2KiB",
                                                  "size over 1023",
                                                  "size under 1025",
                                                  "user alice",
                                                  "user bob, carol",
                                                  "group staff",
                                                  "group ops",
                                                  "during work",
                                                  "during mon-fri 09:00-10:00 Europe/Berlin",
                                                  "during mon-sun 08:00-18:00",
                                                  "during tue 10:00-11:00",
                                                  "during 12-25",
                                                  "until 2025-12-20",
                                                  "until 2026-01-10",
                                                  "listener 3128",
                                                  "listener 127.0.0.1:3128"};

TEST(Evaluation, NeverReachesARuleThatIsSaidToBeNeverReached) {
  Generator generator(31);
  const auto conditions = [&](int most) {
    std::string text;
    for (int count = 1 + generator.below(most); count > 0; --count) {
      text += generator.chance(35) ? " not " : " ";
      text += kClose[static_cast<std::size_t>(generator.below(static_cast<int>(kClose.size())))];
    }
    return text;
  };
  const std::string declarations = OraclePolicy::kDeclarations;
  const auto first_line = static_cast<int>(std::ranges::count(declarations, '\n')) + 1;
  std::size_t warned = 0;
  for (int i = 0; i < 6000; ++i) {
    std::string text = declarations;
    for (int rule = 0; rule < 3; ++rule) {
      text += (generator.chance(50) ? "allow" : "deny") + conditions(2);
      if (generator.chance(40)) { text += " unless" + conditions(2); }
      text += " id " + std::to_string(rule) + '\n';
    }
    const auto policy = compiled(text + "deny id end\n");
    ASSERT_TRUE(policy) << text;
    std::set<std::string, std::less<>> unreached;
    for (const Diagnostic& warning : policy->warnings()) {
      const bool is_meant = warning.message.find("never reached") != std::string::npos ||
                            warning.message.find("never hold at once") != std::string::npos ||
                            warning.message.find("the exception holds whenever") != std::string::npos;
      const int rule = warning.line - first_line;
      if (is_meant) { unreached.insert(rule == 3 ? "end" : std::to_string(rule)); }
    }
    if (unreached.empty()) { continue; }
    ++warned;
    for (int k = 0; k < 200; ++k) {
      const Facts facts = generator.all_facts();
      if (facts.method == "PURGE") { continue; }
      const std::string_view decided = policy->decide(facts).rule_id;
      ASSERT_FALSE(unreached.contains(decided)) << text << decided;
    }
  }
  EXPECT_GT(warned, 200U);
}

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
