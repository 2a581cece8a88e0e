#include "policy/parse_verdict.hpp"

#include <algorithm>
#include <array>

#include "policy/lexer.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 6> kFirstWords{"allow", "deny", "splice", "bypass", "redirect", "quic"};
constexpr std::array<std::string_view, 5> kStatuses{"301", "302", "303", "307", "308"};  // RFC 9110 15.4
constexpr std::uint16_t kQuicPort = 443;

bool fail(Report& report, Position at, std::string message) {
  report.error(at, std::move(message));
  return false;
}

// A connection that nobody decrypts is one that CONNECT asked for, or that was intercepted as if it had.
ConditionSyntax is_tunnel(Position at) {
  ConditionSyntax condition;
  condition.subject = Subject::authority;
  condition.at = at;
  condition.hosts = {HostPattern{.name = {}, .is_suffix = true}};
  condition.text = "authority of any host";
  return condition;
}

std::vector<ConditionSyntax> is_quic(Position at) {
  ConditionSyntax protocol;
  protocol.subject = Subject::protocol;
  protocol.at = at;
  protocol.words = {"udp"};
  protocol.text = "protocol udp";
  ConditionSyntax port;
  port.subject = Subject::port;
  port.at = at;
  port.ports = {{kQuicPort, kQuicPort}};
  port.text = "port 443";
  return {protocol, port};
}

bool parse_quic(TokenStream& tokens, Report& report, RuleSyntax& rule) {
  rule.verdict = Verdict::reject;
  const Token word = tokens.peek();
  if (!word.is("reject")) {
    return fail(report, word.at, "`quic` is followed by `reject`, as in `quic reject`, not by " + name_of(word));
  }
  tokens.take();
  rule.action = "quic reject";
  rule.implied = is_quic(rule.at);
  return true;
}

// `redirect "https://new.example{path}"`, `redirect 308 "..."`
bool parse_redirect(TokenStream& tokens, Report& report, RuleSyntax& rule) {
  Redirect redirect;
  if (tokens.peek().kind == Token::Kind::word && std::ranges::find(kStatuses, tokens.peek().text) != kStatuses.end()) {
    redirect.status = std::stoi(tokens.take().text);
  }
  const Token url = tokens.peek();
  if (url.kind != Token::Kind::quoted) {
    return fail(report, url.at,
                "`redirect` is followed by a URL in quotes, with a status (301, 302, 303, 307, 308) ahead of it if it "
                "is not 302, as in `redirect 308 \"https://new.example{path}\"`, not by " +
                    name_of(url));
  }
  tokens.take();
  redirect.url = url.text;
  if (std::string error = redirect_error(url.text); !error.empty()) { return fail(report, url.at, std::move(error)); }
  rule.action =
      (redirect.status == Redirect{}.status ? "redirect " : "redirect " + std::to_string(redirect.status) + ' ') +
      quoted(redirect.url);
  rule.redirect = std::move(redirect);
  return true;
}

}  // namespace

bool begins_verdict(const Token& first) noexcept {
  return std::ranges::any_of(kFirstWords, [&](std::string_view word) { return first.is(word); });
}

bool parse_verdict(const Token& first, TokenStream& tokens, Report& report, RuleSyntax& rule) {
  if (first.is("quic")) { return parse_quic(tokens, report, rule); }
  rule.verdict = verdict_of(first.text).value_or(Verdict::deny);
  rule.action = first.text;
  if (rule.verdict == Verdict::splice) { rule.implied = {is_tunnel(rule.at)}; }
  return rule.verdict != Verdict::redirect || parse_redirect(tokens, report, rule);
}

}  // namespace sluice::policy
