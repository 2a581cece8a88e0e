#include "policy/parse.hpp"

#include <algorithm>
#include <array>

#include "policy/builtin_nets.hpp"
#include "policy/nearest.hpp"
#include "policy/parse_condition.hpp"
#include "policy/parse_list.hpp"
#include "policy/token_stream.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kLongestReason = 300;
constexpr std::array<std::string_view, 4> kStatements{"allow", "deny", "net", "list"};
constexpr std::array<std::string_view, 13> kRuleWords{"from",     "to",   "host", "port",   "method", "scheme", "url",
                                                      "category", "list", "not",  "unless", "reason", "id"};
// No net may be called by a word of the language, or by one that it is going to have.
constexpr std::array<std::string_view, 40> kReserved{
    "allow", "deny",   "net",    "from",   "to",     "host",  "port",     "method",   "scheme",  "url",
    "not",   "unless", "reason", "id",     "splice", "quic",  "bypass",   "redirect", "list",    "time",
    "group", "set",    "test",   "during", "until",  "user",  "category", "shadow",   "include", "cache",
    "limit", "remove", "strip",  "path",   "query",  "field", "any",      "all",      "none",    "default"};

class LineParser {
 public:
  LineParser(TokenStream& tokens, Report& report, PolicySyntax& policy)
      : tokens_(tokens), report_(report), policy_(policy) {}

  void run() {
    const Token first = tokens_.take();
    if (first.is("allow") || first.is("deny")) { return parse_rule(first); }
    if (first.is("net")) { return parse_net(first); }
    if (first.is("list")) {
      if (auto list = parse_list_declaration(tokens_, report_)) { policy_.lists.push_back(std::move(*list)); }
      return;
    }
    const std::string hint = first.kind == Token::Kind::word ? did_you_mean(first.text, kStatements) : "";
    report_.error(first.at, "unknown statement " + name_of(first) +
                                "; a line begins with `allow`, `deny`, `net` or `list`" + hint);
  }

 private:
  void parse_rule(const Token& first) {
    RuleSyntax rule;
    rule.verdict = first.is("allow") ? Verdict::allow : Verdict::deny;
    rule.at = first.at;
    bool has_unless = false;
    while (!tokens_.is_at_end()) {
      const Token word = tokens_.take();
      if (word.is("reason")) {
        parse_reason(word, rule);
      } else if (word.is("id")) {
        parse_id(word, rule);
      } else if (word.is("unless")) {
        begin_exceptions(word, has_unless, rule);
        has_unless = true;
      } else {
        parse_one_condition(word, has_unless, rule);
      }
    }
    check_exceptions(has_unless, rule);
    warn_of_repeated(rule.conditions);
    warn_of_repeated(rule.exceptions);
    policy_.rules.push_back(std::move(rule));
  }

  void fail(Position at, std::string message, RuleSyntax& rule) {
    report_.error(at, std::move(message));
    rule.is_broken = true;
  }

  void begin_exceptions(const Token& word, bool has_unless, RuleSyntax& rule) {
    check_order(word, rule);
    unless_at_ = word.at;
    if (has_unless) { fail(word.at, "a second `unless`; one rule has one, split it into two rules", rule); }
  }

  void parse_one_condition(const Token& word, bool is_exception, RuleSyntax& rule) {
    ConditionSyntax condition;
    Token subject = word;
    if (word.is("not")) {
      condition.is_negated = true;
      subject = tokens_.take();
      if (subject.is("not")) { return fail(subject.at, "`not not` negates twice; leave both out", rule); }
    }
    const auto kind = subject_of(subject);
    if (!kind) {
      fail(subject.at, unknown_word(subject), rule);
      return tokens_.skip_to(kRuleWords);
    }
    check_order(subject, rule);
    condition.subject = *kind;
    condition.at = subject.at;
    if (!parse_values(tokens_, report_, condition)) { rule.is_broken = true; }
    (is_exception ? rule.exceptions : rule.conditions).push_back(std::move(condition));
  }

  static std::string unknown_word(const Token& token) {
    if (token.kind == Token::Kind::comma) { return "`,` without a value ahead of it"; }
    if (token.kind != Token::Kind::word) {
      return name_of(token) + " where a condition is expected, as in `host www.example.com`";
    }
    const std::string hint = did_you_mean(token.text, kRuleWords);
    if (hint.empty() && Prefix::parse(token.text)) {
      return name_of(token) +
             " where a condition is expected; write `to` or `from` ahead of it, a comma between two addresses";
    }
    if (hint.empty() && token.text.find('.') != std::string::npos) {
      return name_of(token) + " where a condition is expected; write `host` ahead of it, a comma between two names";
    }
    return "unknown condition " + name_of(token) +
           (hint.empty() ? "; there are `from`, `to`, `host`, `port`, `method`, `scheme`, `url ~`, `category`, `list`"
                         : hint);
  }

  // Behind the words about a rule no condition may follow: `unless` reaches to the end of the conditions.
  void check_order(const Token& word, RuleSyntax& rule) {
    const bool is_late = !rule.reason.empty() || rule.has_own_id;
    if (!is_late || is_order_reported_) { return; }
    is_order_reported_ = true;
    fail(word.at, "conditions stand ahead of `reason` and `id`", rule);
  }

  void check_exceptions(bool has_unless, RuleSyntax& rule) {
    if (has_unless && rule.exceptions.empty() && !rule.is_broken) {
      fail(unless_at_, "`unless` without a condition behind it", rule);
    }
  }

  void parse_reason(const Token& word, RuleSyntax& rule) {
    if (!rule.reason.empty()) { fail(word.at, "a second `reason`", rule); }
    const Token text = tokens_.peek();
    if (text.kind != Token::Kind::quoted) {
      const bool is_value =
          text.kind == Token::Kind::word && std::ranges::find(kRuleWords, text.text) == kRuleWords.end();
      if (is_value) { tokens_.take(); }  // the text without its quotes, or its first word
      return fail(text.at, "`reason` takes a text in quotes, not " + name_of(text), rule);
    }
    tokens_.take();
    if (text.text.empty()) { return fail(text.at, "an empty reason", rule); }
    if (text.text.size() > kLongestReason) { return fail(text.at, "a reason of more than 300 octets", rule); }
    if (!is_utf8(text.text)) { return fail(text.at, "a reason that is not UTF-8", rule); }
    rule.reason = text.text;
  }

  void parse_id(const Token& word, RuleSyntax& rule) {
    if (rule.has_own_id) { fail(word.at, "a second `id`", rule); }
    const Token id = tokens_.peek();
    if (id.kind != Token::Kind::word) { return fail(id.at, "`id` takes a name, not " + name_of(id), rule); }
    tokens_.take();
    if (!is_rule_id(id.text)) {
      return fail(id.at, name_of(id) + " is no id; expected letters, digits, `.`, `-`, `_`, 64 at most", rule);
    }
    rule.id = id.text;
    rule.id_at = id.at;
    rule.has_own_id = true;
  }

  // `host a host b` is never true, and people mean `host a, b`.
  void warn_of_repeated(const std::vector<ConditionSyntax>& conditions) {
    for (auto one = conditions.begin(); one != conditions.end(); ++one) {
      const auto is_same = [&](const ConditionSyntax& other) {
        return other.subject == one->subject && !other.is_negated && !one->is_negated;
      };
      if (one->subject == Subject::url || std::find_if(conditions.begin(), one, is_same) == one) { continue; }
      report_.warning(one->at, "the same condition twice: both must hold; for either one write one list with commas");
    }
  }

  void parse_net(const Token&) {
    NetSyntax net;
    const Token name = tokens_.peek();
    if (name.kind != Token::Kind::word || !is_net_name(name.text)) {
      return report_.error(name.at, "`net` takes a name of letters, digits, `-`, `_`, not " + name_of(name));
    }
    tokens_.take();
    net.name = name.text;
    net.at = name.at;
    const bool is_reserved = std::ranges::find(kReserved, name.text) != kReserved.end() ||
                             std::ranges::find(kBuiltinNets, name.text) != kBuiltinNets.end();
    if (is_reserved) {
      report_.error(name.at, name_of(name) + " is a word of the language; call the net by another name");
    }
    std::string ignored;
    parse_addresses(tokens_, report_, net.addresses, ignored);
    if (!tokens_.is_at_end()) {
      const Token rest = tokens_.take();
      report_.error(rest.at, name_of(rest) + " where the line should end; between two prefixes stands a comma");
    }
    // A net with errors is kept, so that its uses are not reported as well.
    policy_.nets.push_back(std::move(net));
  }

  TokenStream& tokens_;
  Report& report_;
  PolicySyntax& policy_;
  Position unless_at_;
  bool is_order_reported_ = false;
};

}  // namespace

PolicySyntax parse(Report& report) {
  PolicySyntax policy;
  for (int number = 1; number <= report.line_count() && !report.is_full(); ++number) {
    TokenStream tokens(tokens_of(report.line(number), number, report));
    if (!tokens.is_at_end()) { LineParser(tokens, report, policy).run(); }
  }
  return policy;
}

}  // namespace sluice::policy
