#include "policy/make_pac.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace sluice::policy {
namespace {

constexpr std::size_t kMostPrefixes = 1000;  // of a condition that is said

constexpr std::string_view kTrue = "true";
constexpr std::string_view kFalse = "false";

// Expressions of the script that come to true and false, brought to their shortest form.

std::string negation(const std::string& expression) {
  if (expression == kTrue) { return std::string(kFalse); }
  return expression == kFalse ? std::string(kTrue) : "!(" + expression + ')';
}

// `end` ends the question: false of `&&`, true of `||`.
std::string joined(const std::vector<std::string>& all, std::string_view sign, std::string_view end) {
  const std::string_view none = end == kTrue ? kFalse : kTrue;
  if (std::ranges::find(all, end) != all.end()) { return std::string(end); }
  std::string out;
  std::size_t count = 0;
  for (const std::string& one : all) {
    if (one == none) { continue; }
    out += (out.empty() ? "" : std::string(sign)) + one;
    ++count;
  }
  if (count == 0) { return std::string(none); }
  return count == 1 ? out : '(' + out + ')';
}
std::string all_of(const std::vector<std::string>& all) {
  return joined(all, " && ", kFalse);
}
std::string any_of(const std::vector<std::string>& all) {
  return joined(all, " || ", kTrue);
}

// When a condition may hold, and when it surely does, by what the script knows. It knows all of a condition when both
// are the same.
struct Said {
  std::string may;
  std::string must;
};

Said exactly(std::string expression) {
  return {expression, expression};
}
Said unknown() {
  return {std::string(kTrue), std::string(kFalse)};
}
// Of requests in a tunnel nothing is seen: it does not hold for them, and may for others.
Said unknown_of_plain() {
  return {"plain", std::string(kFalse)};
}

// Eight numbers of 16 bits and the size of the prefix.
std::string net(const Prefix& prefix) {
  std::string numbers;
  const auto& octets = prefix.address().octets();
  for (std::size_t i = 0; i < octets.size(); i += 2) {
    numbers += std::to_string(octets[i] * 256 + octets[i + 1]) + ", ";
  }
  return '[' + numbers + std::to_string(prefix.bits()) + ']';
}

// An address is compared as one: it has many spellings.
std::string host_is(const HostPattern& host) {
  if (is_every_host(host)) { return "host != \"\""; }
  if (const auto address = Address::parse(host.name)) { return "within(address, " + net(Prefix(*address, 128)) + ')'; }
  return (host.is_suffix ? "below(host, \"" + host.name + "\")" : "host == \"" + host.name + '"');
}

std::string hosts(const std::vector<HostPattern>& hosts) {
  std::vector<std::string> all;
  for (const HostPattern& host : hosts) { all.push_back(host_is(host)); }
  return any_of(all);
}

std::string ports(const std::vector<PortRange>& ranges) {
  std::vector<std::string> all;
  for (const PortRange& range : ranges) {
    const std::string first = std::to_string(range.first);
    all.push_back(range.first == range.last ? "port == " + first
                                            : all_of({"port >= " + first, "port <= " + std::to_string(range.last)}));
  }
  return any_of(all);
}

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// https and the like are asked for by CONNECT; http by any other method.
Said methods(const std::vector<std::string>& words) {
  const std::string tunnels = has(words, "CONNECT") ? "!plain" : std::string(kFalse);
  const bool has_others = words.size() > (has(words, "CONNECT") ? 1U : 0U);
  return {any_of({tunnels, has_others ? "plain" : std::string(kFalse)}), tunnels};
}

class PacMaker {
 public:
  PacMaker(const NetTable& nets, Report& report) : nets_(nets), report_(report) {}

  void add(const RuleSyntax& rule) {
    if (rule.setting || rule.is_shadow) { return; }
    const Said said = said_of(rule);
    if (rule.verdict == Verdict::bypass) {
      add_bypass(rule, said);
    } else {
      add_other(rule, said);
    }
  }

  Pac take() { return std::move(pac_); }

 private:
  void add_bypass(const RuleSyntax& rule, const Said& said) {
    if (!stopped_by_.empty()) {
      return leave_out(rule, "the rule " + stopped_by_ + " ahead of it may hold for whatever is asked for");
    }
    if (said.must == kFalse) { return leave_out(rule, why_unknown(rule)); }
    pac_.decisions += std::exchange(ahead_, {});
    pac_.decisions += line(rule, said.must, "DIRECT");
    ++pac_.said;
  }

  // What another rule may decide goes to the gateway, which knows.
  void add_other(const RuleSyntax& rule, const Said& said) {
    if (said.may == kFalse) { return; }
    ahead_ += line(rule, said.may, "PROXY");
    if (said.may == kTrue && stopped_by_.empty()) { stopped_by_ = rule.id; }
  }

  void leave_out(const RuleSyntax& rule, std::string why) {
    pac_.unsaid.push_back({rule.id, effect_text(rule), std::move(why)});
  }

  static std::string line(const RuleSyntax& rule, const std::string& condition, std::string_view answer) {
    return "  if (" + condition + ") { return " + std::string(answer) + "; }  // " + rule.id + '\n';
  }

  Said said_of(const RuleSyntax& rule) const {
    const Said holds = said_of(rule.implied, rule.conditions, true);
    if (rule.exceptions.empty()) { return holds; }
    const Said excepted = said_of({}, rule.exceptions, false);
    return {all_of({holds.may, negation(excepted.must)}), all_of({holds.must, negation(excepted.may)})};
  }

  // Of a rule itself, or of its exceptions.
  Said said_of(const std::vector<ConditionSyntax>& implied, const std::vector<ConditionSyntax>& conditions,
               bool are_of_rule) const {
    std::vector<std::string> may;
    std::vector<std::string> must;
    for (const auto* all : {&implied, &conditions}) {
      for (const ConditionSyntax& condition : *all) {
        Said said = said_of(condition);
        if (are_of_rule && condition.subject == Subject::to && !condition.is_negated) {
          said.may = may_hold_but_for_names(condition);
        }
        may.push_back(std::move(said.may));
        must.push_back(std::move(said.must));
      }
    }
    return {all_of(may), all_of(must)};
  }

  Said said_of(const ConditionSyntax& condition) const {
    Said said = plainly(condition);
    if (!condition.is_negated) { return said; }
    return {negation(said.must), negation(said.may)};
  }

  Said plainly(const ConditionSyntax& condition) const {
    const auto constant = [](bool holds) { return exactly(std::string(holds ? kTrue : kFalse)); };
    switch (condition.subject) {
      case Subject::to:
        return addresses(condition);
      case Subject::host:
        return exactly(hosts(condition.hosts));
      case Subject::authority:
        return exactly(all_of({"!plain", hosts(condition.hosts)}));
      case Subject::port:
        return exactly(ports(condition.ports));
      case Subject::protocol:
        return constant(has(condition.words, "tcp"));
      case Subject::interface:
        return constant(false);
      case Subject::mode:
        return constant(has(condition.words, "explicit"));
      case Subject::scheme:
        return exactly(has(condition.words, "http") ? "plain" : std::string(kFalse));
      case Subject::method:
        return methods(condition.words);
      case Subject::inconsistent:
        return constant(false);  // a browser asks in the tunnel for the name that it connects to
      case Subject::sni:
      case Subject::alpn:
      case Subject::ech:
        return {"!plain", std::string(kFalse)};
      case Subject::path:
      case Subject::query:
      case Subject::status:
      case Subject::type:
      case Subject::size:
      case Subject::response_field:
        return unknown_of_plain();
      default:
        return unknown();
    }
  }

  // Of a name it is not known where it leads.
  Said addresses(const ConditionSyntax& condition) const {
    const auto nets = nets_of(condition);
    if (!nets) { return unknown(); }
    return {any_of({"isName", "mayBeWithin(addresses, " + *nets + ')'}), "areWithin(addresses, " + *nets + ')'};
  }

  // Rules ahead of a bypass that deny addresses are not taken to hold for names: nothing could ever be said behind the
  // one that guards the gateway's own networks.
  std::string may_hold_but_for_names(const ConditionSyntax& condition) const {
    const auto nets = nets_of(condition);
    return nets ? "mayBeWithin(addresses, " + *nets + ')' : "!isName";
  }

  // Nothing when there are too many.
  std::optional<std::string> nets_of(const ConditionSyntax& condition) const {
    const auto prefixes = nets_.resolve(condition.addresses, report_).value_or(std::vector<Prefix>{});
    if (prefixes.size() > kMostPrefixes) { return std::nullopt; }
    std::string all;
    for (const Prefix& prefix : prefixes) { all += (all.empty() ? "" : ", ") + net(prefix); }
    return '[' + all + ']';
  }

  std::string why_unknown(const RuleSyntax& rule) const {
    for (const auto* conditions : {&rule.conditions, &rule.exceptions}) {
      for (const ConditionSyntax& condition : *conditions) {
        const Said said = said_of(condition);
        const bool is_of_addresses = condition.subject == Subject::to && nets_of(condition);
        if (said.may == said.must || is_of_addresses) { continue; }
        return "it asks for `" + std::string(info_of(condition.subject).word) + '`';
      }
    }
    return "it never holds for what a client could ask for directly";
  }

  const NetTable& nets_;
  Report& report_;
  Pac pac_;
  std::string ahead_;       // what stands ahead of the next bypass rule
  std::string stopped_by_;  // the first rule behind which nothing can be said
};

}  // namespace

Pac make_pac(const PolicySyntax& policy, const NetTable& nets, Report& report) {
  PacMaker maker(nets, report);
  for (const RuleSyntax& rule : policy.rules) { maker.add(rule); }
  return maker.take();
}

}  // namespace sluice::policy
