#include "policy/format.hpp"

#include "policy/lexer.hpp"

namespace sluice::policy {
namespace {

std::string_view without_blanks_behind(std::string_view text) noexcept {
  const std::size_t end = text.find_last_not_of(" \t");
  return end == text.npos ? std::string_view() : text.substr(0, end + 1);
}

std::string spelled(const std::vector<Token>& tokens) {
  std::string out;
  for (const Token& token : tokens) {
    if (token.kind == Token::Kind::end) { break; }
    if (token.kind != Token::Kind::comma && !out.empty()) { out += ' '; }
    switch (token.kind) {
      case Token::Kind::quoted:
        out += quoted(token.text);
        break;
      case Token::Kind::comma:
        out += ',';
        break;
      case Token::Kind::tilde:
        out += '~';
        break;
      default:
        out += token.text;
    }
  }
  return out;
}

// A line without its end, in the one layout.
std::string formatted_line(const Report& lines, int number) {
  const std::string_view line = lines.line(number);
  Report own("line", line);
  const auto tokens = tokens_of(line, 1, own);
  if (own.has_errors()) { return std::string(without_blanks_behind(line)); }
  std::string out = spelled(tokens);
  const auto comment = without_blanks_behind(line.substr(static_cast<std::size_t>(tokens.back().at.column) - 1));
  if (comment.empty()) { return out; }
  return out.empty() ? std::string(comment) : out + "  " + std::string(comment);
}

}  // namespace

std::string statement_of(std::string_view line) {
  Report own("line", line);
  const auto tokens = tokens_of(line, 1, own);
  return own.has_errors() ? std::string() : spelled(tokens);
}

std::string formatted(std::string_view text) {
  const Report lines("policy", text);
  std::string out;
  bool is_gap = false;
  for (int number = 1; number <= lines.line_count(); ++number) {
    const std::string line = formatted_line(lines, number);
    if (line.empty()) {
      is_gap = !out.empty();
      continue;
    }
    if (is_gap) { out += '\n'; }
    is_gap = false;
    out += line + '\n';
  }
  return out;
}

}  // namespace sluice::policy
