#include "policy/parse.hpp"

#include <array>

#include "policy/nearest.hpp"
#include "policy/parse_condition.hpp"
#include "policy/parse_list.hpp"
#include "policy/parse_rule.hpp"
#include "policy/parse_setting.hpp"
#include "policy/parse_test.hpp"
#include "policy/parse_time.hpp"
#include "policy/parse_verdict.hpp"
#include "policy/reserved.hpp"
#include "policy/token_stream.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 18> kStatements{"allow", "deny",  "splice", "bypass", "redirect", "quic",
                                                       "net",   "time",  "set",    "list",   "group",    "include",
                                                       "test",  "cache", "limit",  "remove", "strip",    "connect"};

class LineParser {
 public:
  LineParser(TokenStream& tokens, Report& report, const ValueSets& sets, PolicySyntax& policy)
      : tokens_(tokens), report_(report), sets_(sets), policy_(policy) {}

  void run() {
    const Token first = tokens_.take();
    if (begins_verdict(first)) { return parse_verdict_line(first); }
    if (begins_setting(first, tokens_.peek())) { return parse_setting_line(first); }
    if (first.is("net")) { return parse_net(); }
    if (first.is("list")) { return parse_list(); }
    if (first.is("group")) { return parse_group(); }
    // A net, group, time, set or list with errors is kept, so that its uses are not reported as well.
    if (first.is("test")) {
      return policy_.tests.push_back(parse_test(first, tokens_, report_, policy_.expected_rules));
    }
    if (first.is("time")) { return policy_.times.push_back(parse_time_definition(tokens_, report_)); }
    const std::string hint = first.kind == Token::Kind::word ? did_you_mean(first.text, kStatements) : "";
    report_.error(
        first.at,
        "unknown statement " + name_of(first) +
            "; a line begins with a verdict (`allow`, `deny`, `splice`, `bypass`, `redirect`, `quic reject`), with "
            "`net`, `time`, `set`, `list`, `group`, `include`, `test`, or a setting like `cache`" +
            hint);
  }

 private:
  void parse_verdict_line(const Token& first) {
    RuleSyntax rule;
    rule.at = first.at;
    rule.is_broken = !parse_verdict(first, tokens_, report_, rule);
    // Behind an error nothing says where the conditions begin.
    if (!rule.is_broken) { parse_rule_rest(tokens_, report_, sets_, rule); }
    policy_.rules.push_back(std::move(rule));
  }

  void parse_setting_line(const Token& first) {
    RuleSyntax rule;
    rule.at = first.at;
    rule.is_broken = !parse_setting(first, tokens_, report_, sets_, rule);
    // Behind an error nothing says where the conditions begin.
    if (!rule.is_broken) { parse_rule_rest(tokens_, report_, sets_, rule); }
    policy_.rules.push_back(std::move(rule));
  }

  void parse_list() {
    if (auto list = parse_list_declaration(tokens_, report_)) { policy_.lists.push_back(std::move(*list)); }
  }

  void parse_net() {
    NetSyntax net;
    const Token name = tokens_.peek();
    if (name.kind != Token::Kind::word || !is_net_name(name.text)) {
      return report_.error(name.at, "`net` takes a name of letters, digits, `-`, `_`, not " + name_of(name));
    }
    tokens_.take();
    net.name = name.text;
    net.at = name.at;
    if (is_reserved(name.text)) {
      report_.error(name.at, name_of(name) + " is a word of the language; call the net by another name");
    }
    std::string ignored;
    parse_addresses(tokens_, report_, sets_, net.addresses, ignored);
    if (!tokens_.is_at_end()) {
      const Token rest = tokens_.take();
      report_.error(rest.at, name_of(rest) + " where the line should end; between two prefixes stands a comma");
    }
    policy_.nets.push_back(std::move(net));
  }

  void parse_group() {
    const Token name = tokens_.peek();
    if (name.kind != Token::Kind::word || !is_net_name(name.text)) {
      return report_.error(name.at, "`group` takes a name of letters, digits, `-`, `_`, not " + name_of(name));
    }
    tokens_.take();
    GroupSyntax group{.name = name.text, .at = name.at, .users = {}};
    if (is_reserved(name.text)) {
      report_.error(name.at, name_of(name) + " is a word of the language; call the group by another name");
    }
    std::string ignored;
    parse_users(tokens_, report_, sets_, group.users, ignored);
    if (!tokens_.is_at_end()) {
      const Token rest = tokens_.take();
      report_.error(rest.at, name_of(rest) + " where the line should end; between two users stands a comma");
    }
    policy_.groups.push_back(std::move(group));
  }

  TokenStream& tokens_;
  Report& report_;
  const ValueSets& sets_;
  PolicySyntax& policy_;
};

bool defines_set(const std::vector<Token>& line) {
  return line[0].is("set") && !begins_setting(line[0], line[1]);
}

}  // namespace

ValueSets sets_of(const SourceLines& lines, Report& report) {
  ValueSets sets;
  for (const auto& line : lines.lines) {
    if (!defines_set(line)) { continue; }
    TokenStream tokens(line);
    tokens.take();
    sets.define(tokens, report);
  }
  return sets;
}

PolicySyntax parse(const SourceLines& lines, const ValueSets& sets, Report& report) {
  PolicySyntax policy;
  for (const auto& line : lines.lines) {
    if (report.is_full()) { break; }
    if (defines_set(line)) { continue; }
    TokenStream tokens(line);
    LineParser(tokens, report, sets, policy).run();
  }
  return policy;
}

}  // namespace sluice::policy
