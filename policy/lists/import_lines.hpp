#pragma once

#include <string>
#include <string_view>

#include "policy/lists/import.hpp"
#include "policy/lists/wide.hpp"

namespace sluice::policy {

// Where importers put what they read: the entry goes to the compiler with tag and line, and the report counts it.
class ImportLines {
 public:
  ImportLines(std::uint32_t tag, ListCompiler& compiler, ImportReport& report)
      : tag_(tag), compiler_(compiler), report_(report) {}

  // Calls `read(line)` for each line, without blanks around it, that holds something and does not begin with one of
  // `comments`.
  template <typename Read>
  void for_each(std::string_view text, std::string_view comments, Read read) {
    for_each_line(text, comments, [&](const Line& line) {
      line_ = line.number;
      line_text_ = line.whole;
      ++report_.lines;
      if (line.trimmed.size() > kLongestLine) {
        reject("a line of more than 16384 octets");
      } else {
        read(line.trimmed);
      }
    });
  }

  struct Line {
    std::uint32_t number = 0;
    std::string_view whole;
    std::string_view trimmed;
  };
  // The same without counting, for a text that has to be read ahead.
  template <typename Visit>
  static void for_each_line(std::string_view text, std::string_view comments, Visit visit) {
    if (text.starts_with("\xef\xbb\xbf")) { text.remove_prefix(3); }
    for (std::uint32_t number = 1; !text.empty(); ++number) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view whole = text.substr(0, end);
      const std::string_view line = trimmed(whole);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (!line.empty() && comments.find(line.front()) == comments.npos) { visit(Line{number, whole, line}); }
    }
  }

  // The line as it is written, with the blanks in front.
  std::string_view whole_line() const noexcept { return line_text_; }

  // False when it was rejected.
  bool host(std::string_view name, Reach reach, Effect effect = Effect::holds);
  void path(std::string_view host, std::string_view path, Reach reach, Effect effect = Effect::holds);
  void prefix(const Prefix& prefix, Effect effect = Effect::holds);
  bool expression(std::string_view expression, Effect effect = Effect::holds);  // false as for host()

  void lowered() { ++report_.lowered; }
  void skip() { ++report_.skipped; }
  void unsupported(std::string what) { ++report_.unsupported[std::move(what)]; }
  void reject(std::string reason);

  static std::string_view trimmed(std::string_view text) noexcept;
  // Takes a word, up to a blank, off the front, and the blanks behind it.
  static std::string_view take_word(std::string_view& text) noexcept;

 private:
  static constexpr std::size_t kLongestLine = 16384;

  EntryPlace place(Reach reach, Effect effect) const noexcept { return {tag_, line_, reach, effect}; }
  void count(Effect effect);
  void look_whether_wide(std::string_view name);
  void say_wide(Wide wide, std::string_view entry);

  std::uint32_t tag_;
  ListCompiler& compiler_;
  ImportReport& report_;
  std::uint32_t line_ = 0;
  std::string_view line_text_;
};

void import_domains(std::string_view text, ImportLines& lines);
void import_hosts(std::string_view text, ImportLines& lines);
void import_squidguard_urls(std::string_view text, ImportLines& lines);
void import_squidguard_expressions(std::string_view text, ImportLines& lines);
void import_dnsmasq(std::string_view text, ImportLines& lines);
void import_unbound(std::string_view text, ImportLines& lines);
void import_rpz(std::string_view text, ImportLines& lines);
void import_adblock(std::string_view text, ImportLines& lines);
void import_addresses(std::string_view text, ImportLines& lines);

}  // namespace sluice::policy
