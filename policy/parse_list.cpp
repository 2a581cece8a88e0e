#include "policy/parse_list.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "policy/nearest.hpp"
#include "policy/time_value.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kLongestListName = 64;
constexpr std::size_t kLongestPath = 4096;
constexpr std::uint32_t kRefreshOfUrl = 86400;

constexpr std::array kFormats{ListFormat::domains, ListFormat::hosts,    ListFormat::squidguard_domains,
                              ListFormat::dnsmasq, ListFormat::unbound,  ListFormat::rpz,
                              ListFormat::adblock, ListFormat::addresses};
constexpr std::array<std::string_view, 3> kOptions{"category", "refresh", "guard"};

std::array<std::string_view, kFormats.size()> format_words() noexcept {
  std::array<std::string_view, kFormats.size()> words;
  std::ranges::transform(kFormats, words.begin(), [](ListFormat format) { return to_string(format); });
  return words;
}

std::optional<std::uint32_t> parse_percent(std::string_view text) noexcept {
  if (!text.ends_with('%')) { return std::nullopt; }
  text.remove_suffix(1);
  std::uint32_t percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc{} || end != text.data() + text.size() || percent == 0 || percent > 1000) {
    return std::nullopt;
  }
  return percent;
}

class DeclarationParser {
 public:
  DeclarationParser(TokenStream& tokens, Report& report) : tokens_(tokens), report_(report) {}

  std::optional<ListDeclaration> run() {
    if (!parse_name()) { return std::nullopt; }
    // Behind the first error nothing says what the rest is.
    (void)(parse_format() && parse_path() && parse_options());
    if (list_.category.empty() && !list_.is_tree()) { list_.category = list_.name; }
    if (list_.is_url() && list_.refresh == 0) { list_.refresh = kRefreshOfUrl; }
    return std::move(list_);
  }

 private:
  bool fail(const Token& token, std::string message) {
    report_.error(token.at, std::move(message));
    return false;
  }

  bool parse_name() {
    const Token name = tokens_.take();
    list_.at = name.at;
    if (name.kind != Token::Kind::word || !is_list_name(name.text)) {
      return fail(name, "`list` takes a name of letters, digits, `-`, `_`, `.`, not " + name_of(name));
    }
    list_.name = name.text;
    return true;
  }

  bool parse_format() {
    const Token word = tokens_.take();
    const auto words = format_words();
    const auto format = std::ranges::find_if(words, [&](std::string_view known) { return word.is(known); });
    if (format != words.end()) {
      list_.format = kFormats[static_cast<std::size_t>(format - words.begin())];
      return true;
    }
    const std::string hint = word.kind == Token::Kind::word ? did_you_mean(word.text, words) : "";
    return fail(word, "unknown format " + name_of(word) +
                          (hint.empty() ? "; there are `domains`, `hosts`, `squidguard`, `dnsmasq`, `unbound`, `rpz`, "
                                          "`adblock`, `addresses`"
                                        : hint));
  }

  bool parse_path() {
    const Token path = tokens_.take();
    list_.path = path.text;
    const bool is_good = path.kind == Token::Kind::quoted && path.text.size() <= kLongestPath &&
                         (path.text.starts_with('/') || list_.is_url());
    if (!is_good) {
      return fail(path,
                  "a list is read from a path in quotes that begins with `/`, or from a URL with `http://` or "
                  "`https://`, not from " +
                      name_of(path));
    }
    if (!list_.is_url()) { return true; }
    if (list_.is_tree()) { return fail(path, "a squidGuard tree is a folder, not a URL"); }
    return std::ranges::all_of(path.text, [](char c) { return c > ' ' && c < 0x7f; }) ||
           fail(path, "a URL with blanks, controls, or other than ASCII characters");
  }

  bool parse_options() {
    while (!tokens_.is_at_end()) {
      const Token word = tokens_.take();
      if (std::ranges::find(options_, word.text) != options_.end()) { return fail(word, "a second " + name_of(word)); }
      const Token value = tokens_.take();
      if (!parse_option(word, value)) { return false; }
      options_.push_back(word.text);
    }
    return true;
  }

  bool parse_option(const Token& word, const Token& value) {
    if (word.is("category")) { return parse_category(word, value); }
    if (word.is("refresh")) {
      const auto time = parse_duration_value(value.text);
      if (!time || time->count() == 0) { return fail(value, "`refresh` takes a time like `90s`, `30m`, `24h`, `7d`"); }
      list_.refresh = static_cast<std::uint32_t>(time->count());
      return true;
    }
    if (word.is("guard")) {
      const auto percent = parse_percent(value.text);
      if (!percent) { return fail(value, "`guard` takes a percentage from `1%` to `1000%`"); }
      list_.guard = *percent;
      return true;
    }
    const std::string hint = word.kind == Token::Kind::word ? did_you_mean(word.text, kOptions) : "";
    return fail(word, name_of(word) + " where `category`, `refresh` or `guard` is expected" + hint);
  }

  bool parse_category(const Token& word, const Token& value) {
    if (list_.is_tree()) { return fail(word, "a squidGuard tree has a category for each of its folders"); }
    if (value.kind != Token::Kind::word || !is_list_name(value.text)) {
      return fail(value, "`category` takes a name, not " + name_of(value));
    }
    list_.category = value.text;
    return true;
  }

  TokenStream& tokens_;
  Report& report_;
  ListDeclaration list_;
  std::vector<std::string> options_;  // so far
};

}  // namespace

bool is_list_name(std::string_view text) noexcept {
  const auto is_inside = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= kLongestListName && (is_letter(text.front()) || is_digit(text.front())) &&
         std::ranges::all_of(text, is_inside);
}

std::optional<ListDeclaration> list_of(std::string_view format, std::string path) {
  const auto known = std::ranges::find(kFormats, format, [](ListFormat one) { return to_string(one); });
  if (known == kFormats.end()) { return std::nullopt; }
  ListDeclaration list;
  list.name = "list";
  list.format = *known;
  list.path = std::move(path);
  if (!list.is_tree()) { list.category = list.name; }
  return list;
}

std::optional<ListDeclaration> parse_list_declaration(TokenStream& tokens, Report& report) {
  return DeclarationParser(tokens, report).run();
}

}  // namespace sluice::policy
