#include "cache/structured_dictionary.hpp"

#include <algorithm>

#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

using Type = DictionaryMember::Type;

// Reads from left to right, as the algorithms of RFC 9651 4.2 do; every function says whether it succeeded.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  void skip_spaces() { skip(" "); }
  void skip_blanks() { skip(" \t"); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) { return false; }
    rest_.remove_prefix(1);
    return true;
  }

  bool key(std::string_view& out) {
    if (rest_.empty() || !(is_lower(rest_.front()) || rest_.front() == '*')) { return false; }
    out = take_while([](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*'; });
    return true;
  }

  // An item or an inner list, with its parameters.
  bool member_value(DictionaryMember& out) {
    if (!rest_.empty() && rest_.front() == '(') {
      out.type = Type::inner_list;
      return inner_list() && parameters();
    }
    return bare_item(out) && parameters();
  }

  bool parameters() {
    while (take(';')) {
      skip_spaces();
      std::string_view name;
      DictionaryMember ignored;
      if (!key(name)) { return false; }
      if (take('=') && !bare_item(ignored)) { return false; }
    }
    return true;
  }

 private:
  static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
  static bool is_alpha(char c) { return is_lower(to_lower(c)); }

  void skip(std::string_view octets) { rest_.remove_prefix(std::min(rest_.find_first_not_of(octets), rest_.size())); }

  template <typename Predicate>
  std::string_view take_while(Predicate predicate) {
    std::size_t size = 0;
    while (size < rest_.size() && predicate(rest_[size])) { ++size; }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  bool bare_item(DictionaryMember& out) {
    if (rest_.empty()) { return false; }
    const char first = rest_.front();
    if (first == '-' || is_digit(first)) { return number(out); }
    if (first == '"') { return string(out); }
    if (first == '*' || is_alpha(first)) { return token(out); }
    if (first == '?') { return boolean(out); }
    if (first == ':') { return octets(out); }
    if (first == '@') { return date(out); }
    if (first == '%') { return display_string(out); }
    return false;
  }

  // RFC 9651 4.2.4: at most 15 digits, or 12 before and 1 to 3 after the point.
  bool number(DictionaryMember& out) {
    const auto whole = rest_;
    take('-');
    const auto integer = take_while(is_digit);
    if (integer.empty() || integer.size() > 15) { return false; }
    out.type = Type::integer;
    if (take('.')) {
      const auto fraction = take_while(is_digit);
      if (integer.size() > 12 || fraction.empty() || fraction.size() > 3) { return false; }
      out.type = Type::decimal;
    }
    out.value = whole.substr(0, whole.size() - rest_.size());
    return true;
  }

  bool string(DictionaryMember& out) {
    out.type = Type::string;
    take('"');
    const auto whole = rest_;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') {
        out.value = whole.substr(0, whole.size() - rest_.size() - 1);
        return true;
      }
      if (c == '\\') {
        if (!take('"') && !take('\\')) { return false; }
      } else if (c < 0x20 || c > 0x7e) {
        return false;
      }
    }
    return false;
  }

  bool token(DictionaryMember& out) {
    out.type = Type::token;
    out.value = take_while([](char c) { return is_token_octet(c) || c == ':' || c == '/'; });
    return true;
  }

  bool boolean(DictionaryMember& out) {
    out.type = Type::boolean;
    take('?');
    out.value = rest_.substr(0, 1);
    return take('0') || take('1');
  }

  bool octets(DictionaryMember& out) {
    out.type = Type::octets;
    take(':');
    out.value = take_while([](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '='; });
    return take(':');
  }

  bool date(DictionaryMember& out) {
    take('@');
    const bool ok = !rest_.empty() && number(out) && out.type == Type::integer;
    out.type = Type::date;
    return ok;
  }

  bool display_string(DictionaryMember& out) {
    out.type = Type::display_string;
    take('%');
    if (!take('"')) { return false; }
    out.value = take_while([](char c) { return c >= 0x20 && c <= 0x7e && c != '"'; });
    return take('"');
  }

  bool inner_list() {
    take('(');
    while (!rest_.empty()) {
      skip_spaces();
      if (take(')')) { return true; }
      DictionaryMember ignored;
      if (!bare_item(ignored) || !parameters()) { return false; }
      if (!rest_.empty() && rest_.front() != ' ' && rest_.front() != ')') { return false; }
    }
    return false;
  }

  std::string_view rest_;
};

// RFC 9651 3.2 asks for at least 1024 members; more are refused, because looking for the same key is quadratic.
constexpr std::size_t kMostMembers = 1024;

void put(const DictionaryMember& member, std::vector<DictionaryMember>& members) {
  const auto same = std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.key == member.key; });
  if (same == members.end()) {
    members.push_back(member);
  } else {
    *same = member;
  }
}

}  // namespace

bool parse_dictionary(std::string_view line, std::vector<DictionaryMember>& members) {
  Reader in(line);
  in.skip_spaces();
  while (!in.at_end()) {
    DictionaryMember member;
    member.value = "1";  // a key alone is true
    if (!in.key(member.key)) { return false; }
    const bool ok = in.take('=') ? in.member_value(member) : in.parameters();
    if (!ok) { return false; }
    put(member, members);
    if (members.size() > kMostMembers) { return false; }
    in.skip_blanks();
    if (in.at_end()) { return true; }
    if (!in.take(',')) { return false; }
    in.skip_blanks();
    if (in.at_end()) { return false; }  // a trailing comma
  }
  return true;
}

}  // namespace sluice::cache
