#include "policy/lexer.hpp"

#include <optional>
#include <utility>

namespace sluice::policy {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}
bool ends_word(char c) noexcept {
  return is_blank(c) || c == ',' || c == '"' || c == '#' || c == '~';
}
bool is_control(char c) noexcept {
  return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f';
}

class Lexer {
 public:
  Lexer(std::string_view line, int number, int source, Report& report)
      : line_(line), number_(number), source_(source), report_(report) {
    // A byte order mark, which some editors write, may begin a text; an edit may have put a line ahead of it.
    if (line.starts_with("\xef\xbb\xbf")) { at_ = 3; }
  }

  std::vector<Token> run() {
    if (!is_line_acceptable()) { return {end()}; }
    std::vector<Token> tokens;
    while (true) {
      while (at_ < line_.size() && is_blank(line_[at_])) { ++at_; }
      if (at_ == line_.size() || line_[at_] == '#') { break; }
      auto token = next();
      if (!token) { return {end()}; }
      tokens.push_back(std::move(*token));
    }
    tokens.push_back(end());
    return tokens;
  }

 private:
  Position position(std::size_t offset) const noexcept { return {number_, static_cast<int>(offset) + 1, source_}; }
  Token end() const { return {Token::Kind::end, {}, position(at_)}; }

  bool is_line_acceptable() {
    if (line_.size() > kLongestLine) {
      report_.error(position(kLongestLine), "this line is longer than 65536 octets; make several of it");
      return false;
    }
    for (std::size_t i = 0; i < line_.size(); ++i) {
      if (is_control(line_[i])) {
        report_.error(position(i), "a control character; lines hold printable text and tabs");
        return false;
      }
    }
    return true;
  }

  // REQUIRES: there is one.
  std::optional<Token> next() {
    const Position at = position(at_);
    if (line_[at_] == '"') { return quoted_text(); }
    if (line_[at_] == ',') {
      ++at_;
      return Token{Token::Kind::comma, {}, at};
    }
    if (line_[at_] == '~') {
      ++at_;
      return Token{Token::Kind::tilde, {}, at};
    }
    const std::size_t begin = at_;
    while (at_ < line_.size() && (!ends_word(line_[at_]) || is_tilde_of(line_.substr(begin, at_ - begin)))) { ++at_; }
    return Token{Token::Kind::word, std::string(line_.substr(begin, at_ - begin)), at};
  }

  // `/~user` and `name=~x` are words: expressions stand behind `url` and names of fields, which hold neither mark.
  bool is_tilde_of(std::string_view word) const noexcept {
    return line_[at_] == '~' && word.find_first_of("/=") != word.npos;
  }

  std::optional<Token> quoted_text() {
    const std::size_t begin = at_++;
    std::string text;
    while (at_ < line_.size() && line_[at_] != '"') {
      if (line_[at_] == '\\' && at_ + 1 < line_.size()) {
        if (line_[at_ + 1] != '"') { text += '\\'; }
        ++at_;
      }
      text += line_[at_++];
    }
    if (at_ == line_.size()) {
      report_.error(position(begin), "the closing quote of this text is missing");
      return std::nullopt;
    }
    ++at_;
    return Token{Token::Kind::quoted, std::move(text), position(begin)};
  }

  std::string_view line_;
  int number_;
  int source_;
  Report& report_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view line, int number, Report& report, int source) {
  return Lexer(line, number, source, report).run();
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') { out += '\\'; }
    out += c;
  }
  return out + '"';
}

std::string name_of(const Token& token) {
  switch (token.kind) {
    case Token::Kind::word:
      return '`' + token.text.substr(0, 80) + '`';
    case Token::Kind::quoted:
      return "the quoted text";
    case Token::Kind::comma:
      return "`,`";
    case Token::Kind::tilde:
      return "`~`";
    case Token::Kind::end:
      break;
  }
  return "the end of the line";
}

}  // namespace sluice::policy
