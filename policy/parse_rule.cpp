#include "policy/parse_rule.hpp"

#include <algorithm>
#include <array>

#include "policy/nearest.hpp"
#include "policy/parse_condition.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kLongestReason = 300;
constexpr std::size_t kLongestLabel = 100;  // of owner and ticket
constexpr std::array<std::string_view, 8> kWordsAbout{"not",    "unless", "reason",    "owner",
                                                      "ticket", "shadow", "keep-open", "id"};

std::vector<std::string_view> all_words() {
  std::vector<std::string_view> words;
  for (const SubjectInfo& info : kSubjects) { words.push_back(info.word); }
  words.insert(words.end(), kWordsAbout.begin(), kWordsAbout.end());
  return words;
}

std::string list_of_subjects() {
  std::string list;
  for (const SubjectInfo& info : kSubjects) {
    list += (list.empty() ? "`" : ", `") + std::string(info.word);
    if (info.word == "response") { list += " field"; }
    list += info.takes_expressions ? " ~`" : "`";
  }
  return list;
}

class RuleParser {
 public:
  RuleParser(TokenStream& tokens, Report& report, const ValueSets& sets, RuleSyntax& rule)
      : tokens_(tokens), report_(report), sets_(sets), rule_(rule) {}

  void run() {
    while (!tokens_.is_at_end()) {
      const Token word = tokens_.take();
      if (word.is("unless")) {
        begin_exceptions(word);
      } else if (!parse_about(word)) {
        parse_one_condition(word);
      }
    }
    if (has_unless_ && rule_.exceptions.empty() && !rule_.is_broken) {
      fail(unless_at_, "`unless` without a condition behind it");
    }
    if (rule_.is_broken) { return; }
    warn_of_repeated(rule_.conditions);
    warn_of_repeated(rule_.exceptions);
  }

 private:
  void fail(Position at, std::string message) {
    report_.error(at, std::move(message));
    rule_.is_broken = true;
  }

  void begin_exceptions(const Token& word) {
    check_order(word);
    unless_at_ = word.at;
    if (has_unless_) { fail(word.at, "a second `unless`; one rule has one, split it into two rules"); }
    has_unless_ = true;
  }

  // The words about the rule, behind its conditions.
  bool parse_about(const Token& word) {
    if (word.is("reason")) {
      parse_text(word, rule_.reason, kLongestReason);
    } else if (word.is("owner")) {
      parse_label(word, rule_.owner);
    } else if (word.is("ticket")) {
      parse_label(word, rule_.ticket);
    } else if (word.is("id")) {
      parse_id(word);
    } else if (word.is("shadow")) {
      if (rule_.is_shadow) { fail(word.at, "a second `shadow`"); }
      rule_.is_shadow = true;
    } else if (word.is("keep-open")) {
      keep_open(word);
    } else {
      return false;
    }
    is_behind_conditions_ = true;
    return true;
  }

  void keep_open(const Token& word) {
    if (rule_.keeps_open) { fail(word.at, "a second `keep-open`"); }
    if (rule_.setting || !stops(rule_.verdict)) {
      fail(word.at, "`keep-open` is for rules that end open tunnels: `deny`, `redirect`");
    }
    rule_.keeps_open = true;
  }

  void parse_one_condition(const Token& word) {
    ConditionSyntax condition;
    Token subject = word;
    if (word.is("not")) {
      condition.is_negated = true;
      subject = tokens_.take();
      if (subject.is("not")) { return fail(subject.at, "`not not` negates twice; leave both out"); }
    }
    const auto kind = subject_of(subject);
    if (!kind) {
      rule_.is_narrowed = rule_.is_narrowed || may_be_condition(subject);
      fail(subject.at, unknown_word(subject));
      return tokens_.skip_to(all_words());
    }
    rule_.is_narrowed = true;
    check_order(subject);
    if (rule_.verdict == Verdict::reject && (*kind == Subject::protocol || *kind == Subject::port)) {
      fail(subject.at, "`quic` stands for `protocol udp port 443`: no other protocol or port is asked for");
    }
    condition.subject = *kind;
    condition.at = subject.at;
    if (!parse_values(tokens_, report_, sets_, condition)) { rule_.is_broken = true; }
    (has_unless_ ? rule_.exceptions : rule_.conditions).push_back(std::move(condition));
  }

  // `hots` may, and a net without its `to`; not `reson`, nor a text that nothing stands ahead of.
  static bool may_be_condition(const Token& token) {
    if (token.kind != Token::Kind::word) { return false; }
    const std::string_view meant = nearest(token.text, all_words());
    return std::ranges::find(kWordsAbout, meant) == kWordsAbout.end() || meant == "not" || meant == "unless";
  }

  static std::string unknown_word(const Token& token) {
    if (token.kind == Token::Kind::comma) { return "`,` without a value ahead of it"; }
    if (token.kind != Token::Kind::word) {
      return name_of(token) + " where a condition is expected, as in `host www.example.com`";
    }
    const std::string hint = did_you_mean(token.text, all_words());
    if (hint.empty() && Prefix::parse(token.text)) {
      return name_of(token) +
             " where a condition is expected; write `to` or `from` ahead of it, a comma between two addresses";
    }
    if (hint.empty() && token.text.find('.') != std::string::npos) {
      return name_of(token) + " where a condition is expected; write `host` ahead of it, a comma between two names";
    }
    return "unknown condition " + name_of(token) + (hint.empty() ? "; there are " + list_of_subjects() : hint);
  }

  // `unless` reaches to the end of the conditions, so none may follow behind the words about the rule.
  void check_order(const Token& word) {
    if (!is_behind_conditions_ || is_order_reported_) { return; }
    is_order_reported_ = true;
    fail(word.at, "conditions stand ahead of `shadow`, `keep-open`, `reason`, `owner`, `ticket` and `id`");
  }

  // A text in quotes.
  void parse_text(const Token& word, std::string& value, std::size_t longest) {
    if (!value.empty()) { fail(word.at, "a second `" + word.text + '`'); }
    const Token text = tokens_.peek();
    if (text.kind != Token::Kind::quoted) {
      // The text without its quotes, or its first word.
      if (text.kind == Token::Kind::word && !begins_next_part(text)) { tokens_.take(); }
      return fail(text.at, '`' + word.text + "` takes a text in quotes, not " + name_of(text));
    }
    tokens_.take();
    keep_text(word, text, value, longest);
  }

  // A word, or a text in quotes.
  void parse_label(const Token& word, std::string& value) {
    if (!value.empty()) { fail(word.at, "a second `" + word.text + '`'); }
    const Token label = tokens_.peek();
    const bool is_word = label.kind == Token::Kind::word && !begins_next_part(label);
    if (!is_word && label.kind != Token::Kind::quoted) {
      return fail(label.at, '`' + word.text + "` takes a word or a text in quotes, not " + name_of(label));
    }
    tokens_.take();
    keep_text(word, label, value, kLongestLabel);
  }

  void keep_text(const Token& word, const Token& text, std::string& value, std::size_t longest) {
    if (text.text.empty()) { return fail(text.at, "an empty " + word.text); }
    if (text.text.size() > longest) {
      return fail(text.at, "a " + word.text + " of more than " + std::to_string(longest) + " octets");
    }
    if (!is_utf8(text.text)) { return fail(text.at, "a " + word.text + " that is not UTF-8"); }
    value = text.text;
  }

  void parse_id(const Token& word) {
    if (rule_.has_own_id) { fail(word.at, "a second `id`"); }
    const Token id = tokens_.peek();
    if (id.kind != Token::Kind::word) { return fail(id.at, "`id` takes a name, not " + name_of(id)); }
    tokens_.take();
    if (!is_rule_id(id.text)) {
      return fail(id.at, name_of(id) + " is no id; expected letters, digits, `.`, `-`, `_`, 64 at most");
    }
    rule_.id = id.text;
    rule_.id_at = id.at;
    rule_.has_own_id = true;
  }

  // `host a host b` is never true, and people mean `host a, b`. Two expressions, or two fields, may well both be found.
  void warn_of_repeated(const std::vector<ConditionSyntax>& conditions) {
    for (auto one = conditions.begin(); one != conditions.end(); ++one) {
      const auto is_same = [&](const ConditionSyntax& other) {
        return other.subject == one->subject && !other.is_negated && !one->is_negated;
      };
      const bool may_stand_twice = info_of(one->subject).takes_expressions || one->subject == Subject::query ||
                                   one->subject == Subject::alpn || one->subject == Subject::size;
      if (may_stand_twice || std::find_if(conditions.begin(), one, is_same) == one) { continue; }
      report_.warning(one->at, "the same condition twice: both must hold; for either one write one list with commas");
    }
  }

  TokenStream& tokens_;
  Report& report_;
  const ValueSets& sets_;
  RuleSyntax& rule_;
  bool has_unless_ = false;
  Position unless_at_;
  bool is_behind_conditions_ = false;
  bool is_order_reported_ = false;
};

}  // namespace

void parse_rule_rest(TokenStream& tokens, Report& report, const ValueSets& sets, RuleSyntax& rule) {
  RuleParser(tokens, report, sets, rule).run();
}

}  // namespace sluice::policy
