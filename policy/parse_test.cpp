#include "policy/parse_test.hpp"

#include <algorithm>
#include <array>
#include <expected>

#include "policy/moment.hpp"
#include "policy/nearest.hpp"
#include "policy/time_value.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

using Text = std::expected<std::string, std::string>;

constexpr std::array<std::string_view, 21> kWords{
    "from", "to",    "url", "method", "at",  "protocol", "interface", "field",    "user",   "group", "listener",
    "mode", "hello", "sni", "alpn",   "ech", "type",     "size",      "response", "status", "expect"};

class TestParser {
 public:
  TestParser(TokenStream& tokens, Report& report, TestCase& test, std::vector<RuleName>& expected)
      : tokens_(tokens), report_(report), test_(test), expected_(expected) {}

  void run() {
    if (!take_name() || !take_brace("{")) { return; }
    while (!tokens_.is_at_end() && !tokens_.peek().is("}")) {
      if (!parse_item(tokens_.take())) { return; }
    }
    if (!take_brace("}")) { return; }
    if (!tokens_.is_at_end()) {
      return fail_at(tokens_.peek(), name_of(tokens_.peek()) + " where the line should end");
    }
    check_whole();
  }

 private:
  void fail_at(const Token& token, std::string message) { report_.error(token.at, std::move(message)); }
  bool fail(const Token& token, std::string message) {
    fail_at(token, std::move(message));
    return false;
  }

  bool take_name() {
    const Token name = tokens_.take();
    if (name.kind != Token::Kind::quoted || name.text.empty()) {
      return fail(name, "`test` takes a name in quotes, not " + name_of(name));
    }
    test_.name = name.text;
    name_ = name;
    return true;
  }

  bool take_brace(std::string_view brace) {
    const Token token = tokens_.peek();
    if (!token.is(brace)) {
      return fail(token, '`' + std::string(brace) + "` expected, with blanks around it, not " + name_of(token));
    }
    tokens_.take();
    return true;
  }

  // A word, or a text in quotes.
  bool take_value(std::string_view expected, std::string& value, Text (*check)(std::string_view) = nullptr) {
    const Token token = tokens_.peek();
    const bool is_value = token.kind == Token::Kind::quoted || (token.kind == Token::Kind::word && !token.is("}"));
    if (!is_value) { return fail(token, std::string(expected) + " expected, not " + name_of(token)); }
    tokens_.take();
    const Text checked = check == nullptr ? Text(token.text) : check(token.text);
    if (!checked) { return fail(token, checked.error()); }
    value = *checked;
    return true;
  }

  static Text check_address(std::string_view text) {
    const auto address = Address::parse(text);
    if (address) { return address->text(); }
    return std::unexpected('`' + std::string(text.substr(0, 80)) + "` is no address");
  }
  static Text check_moment(std::string_view text) {
    if (const auto moment = parse_moment(text, {}); !moment) { return std::unexpected(moment.error()); }
    return std::string(text);
  }

  static Text check_hello(std::string_view text) {
    if (text == "tls" || text == "none") { return std::string(text); }
    return std::unexpected("`tls` or `none` expected behind `hello`, not `" + std::string(text.substr(0, 80)) + '`');
  }
  static Text check_name(std::string_view text) {
    const auto host = parse_host_value(text);
    if (!host) { return std::unexpected(host.error()); }
    if (!host->is_suffix && !Address::parse(host->name)) { return host->name; }
    return std::unexpected('`' + std::string(text.substr(0, 80)) + "` is no name that a client could send");
  }

  // Fields and protocols may be several.
  bool is_second(const Token& word) {
    const bool may_be_several = word.is("field") || word.is("response") || word.is("alpn");
    if (word.kind != Token::Kind::word || may_be_several) { return false; }
    const bool is_new = std::ranges::find(seen_, word.text) == seen_.end();
    seen_.push_back(word.text);
    return !is_new;
  }

  bool parse_item(const Token& word) {
    if (is_second(word)) { return fail(word, "a second " + name_of(word) + " in a test"); }
    if (word.is("from")) { return take_value("an address", test_.from, check_address); }
    if (word.is("to")) { return take_value("an address", test_.to, check_address); }
    if (word.is("url")) { return take_value("a URL", test_.url); }
    if (word.is("method")) { return take_value("a method", test_.method, parse_method_value); }
    if (word.is("at")) { return take_value("a moment in quotes", test_.at, check_moment); }
    if (word.is("protocol")) { return take_value("a protocol", test_.protocol, parse_protocol_value); }
    if (word.is("interface")) { return take_value("the name of an interface", test_.interface, parse_interface_value); }
    if (word.is("listener")) { return take_value("a listener", test_.listener, parse_listener_value); }
    if (word.is("mode")) { return take_value("a mode", test_.mode, parse_mode_value); }
    if (word.is("hello")) { return take_value("`tls` or `none`", test_.hello, check_hello); }
    if (word.is("sni")) { return take_value("a host", test_.sni, check_name); }
    if (word.is("alpn")) { return take_protocol(); }
    if (word.is("ech")) { return test_.has_ech = true; }
    if (word.is("user")) { return take_value("the name of a user", test_.user, parse_user_value); }
    if (word.is("group")) { return take_value("the name of a group", test_.group, parse_group_name); }
    if (word.is("type")) { return take_value("a media type", test_.type, parse_type_value); }
    if (word.is("field")) { return take_field(test_.fields); }
    if (word.is("response")) { return take_response_field(); }
    if (word.is("status")) { return take_status(); }
    if (word.is("size")) { return take_size(); }
    if (word.is("expect")) { return take_expectation(); }
    const std::string hint = word.kind == Token::Kind::word ? did_you_mean(word.text, kWords) : "";
    return fail(word, "unknown word " + name_of(word) + " in a test" +
                          (hint.empty() ? "; there are `from`, `to`, `url`, `method`, `at`, `field`, "
                                          "`protocol`, `interface`, `listener`, `mode`, `hello`, `sni`, `alpn`, `ech`, "
                                          "`user`, `group`, `status`, `type`, `size`, "
                                          "`response field` and `expect`"
                                        : hint));
  }

  bool take_field(TestCase::Fields& fields) {
    std::string name;
    std::string value;
    if (!take_value("the name of a field", name, parse_field_name)) { return false; }
    if (!take_value("the field's value in quotes", value)) { return false; }
    fields.emplace_back(std::move(name), std::move(value));
    return true;
  }
  bool take_protocol() {
    std::string protocol;
    if (!take_value("the name of a protocol", protocol, parse_alpn_value)) { return false; }
    test_.alpn.push_back(std::move(protocol));
    return true;
  }
  bool take_response_field() {
    const Token word = tokens_.peek();
    if (!word.is("field")) { return fail(word, "`field` expected behind `response`, not " + name_of(word)); }
    tokens_.take();
    return take_field(test_.response_fields);
  }
  bool take_status() {
    const Token token = tokens_.peek();
    std::string text;
    if (!take_value("a status", text)) { return false; }
    const auto status = parse_status_value(text);
    if (!status || status->first != status->last) { return fail(token, name_of(token) + " is no status"); }
    test_.status = status->first;
    return true;
  }
  bool take_size() {
    const Token token = tokens_.peek();
    std::string text;
    if (!take_value("a size", text)) { return false; }
    const auto size = parse_size_value(text);
    if (!size) { return fail(token, size.error()); }
    test_.size = *size;
    return true;
  }
  bool take_expectation() {
    const Token verdict = tokens_.take();
    const auto expected = verdict.kind == Token::Kind::word ? verdict_of(verdict.text) : std::nullopt;
    if (!expected) {
      return fail(verdict,
                  "`allow`, `deny`, `splice`, `bypass`, `redirect` or `reject` expected behind `expect`, not " +
                      name_of(verdict));
    }
    test_.expected = *expected;
    if (*expected == Verdict::redirect && tokens_.peek().kind == Token::Kind::quoted) {
      test_.location = tokens_.take().text;
    }
    if (!tokens_.peek().is("by")) { return true; }
    tokens_.take();
    const Position at = tokens_.peek().at;
    if (!take_value("the id of a rule", test_.by)) { return false; }
    expected_.push_back({test_.by, at});
    return true;
  }

  void check_whole() {
    if (test_.url.empty()) { return fail_at(name_, "a test asks for a URL: `url http://www.example.com/`"); }
    if (test_.expected == Verdict::undecided) { return fail_at(name_, "a test says what it expects: `expect deny`"); }
    const bool has_hello = !test_.sni.empty() || !test_.alpn.empty() || test_.has_ech;
    if (has_hello && test_.hello == "none") { fail_at(name_, "a client whose hello is none says nothing by TLS"); }
    const bool has_response = !test_.type.empty() || test_.size || !test_.response_fields.empty();
    if (has_response && !test_.status) { fail_at(name_, "a test with a response says its status: `status 200`"); }
  }

  TokenStream& tokens_;
  Report& report_;
  TestCase& test_;
  std::vector<RuleName>& expected_;
  Token name_;
  std::vector<std::string> seen_;  // words that began an item
};

}  // namespace

TestCase parse_test(const Token& first, TokenStream& tokens, Report& report, std::vector<RuleName>& expected) {
  TestCase test;
  test.file = report.file(first.at.source);
  test.line = first.at.line;
  TestParser(tokens, report, test, expected).run();
  return test;
}

}  // namespace sluice::policy
