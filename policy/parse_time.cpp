#include "policy/parse_time.hpp"

#include <algorithm>

#include "policy/parse_condition.hpp"
#include "policy/reserved.hpp"
#include "policy/time_value.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

void append_word(std::string_view word, std::string& text) {
  if (!text.empty() && !text.ends_with(' ')) { text += ' '; }
  text += word;
}

bool is_wrong_way_round(const std::pair<Date, Date>& dates) noexcept {
  const auto value = [](const Date& date) {
    return date.year * 10'000 + static_cast<int>(date.month * 100 + date.day);
  };
  return dates.first.year != 0 && value(dates.first) > value(dates.second);
}

// Words of a window in their order: days or dates, then minutes; at least one of them.
class WindowParser {
 public:
  WindowParser(TokenStream& tokens, Report& report, std::string& text)
      : tokens_(tokens), report_(report), text_(text) {}

  // nullopt when there is no window here.
  std::optional<TimeWindow> run() {
    TimeWindow window;
    const bool has_days = take_days(window) || take_dates(window) || take_unknown_day();
    const bool has_minutes = take_minutes(window);
    if (!has_days && !has_minutes) { return std::nullopt; }
    return window;
  }
  bool is_good() const noexcept { return is_good_; }

 private:
  bool take_days(TimeWindow& window) {
    const auto days = parse_days(word());
    if (!days) { return false; }
    window.days = *days;
    return take();
  }
  bool take_dates(TimeWindow& window) {
    const auto dates = parse_dates(word());
    if (!dates) { return false; }
    if (is_wrong_way_round(*dates)) {
      report_.error(tokens_.peek().at, name_of(tokens_.peek()) + " ends ahead of its beginning");
      is_good_ = false;
    }
    window.first_date = dates->first;
    window.last_date = dates->second;
    return take();
  }
  // A word ahead of hours: no name of a time stands there.
  bool take_unknown_day() {
    const Token& next = tokens_.peek_behind();
    if (word().empty() || next.kind != Token::Kind::word || !looks_like_hours(next.text)) { return false; }
    const std::string days = nearest_days(word());
    report_.error(tokens_.peek().at, "unknown day in " + name_of(tokens_.peek()) +
                                         (days.empty() ? "; days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`, "
                                                         "`daily`, or from one to another, as in `mon-fri`"
                                                       : "; did you mean `" + days + "`?"));
    is_good_ = false;
    return take();
  }
  bool take_minutes(TimeWindow& window) {
    const auto minutes = parse_minutes(word());
    if (!minutes && looks_like_hours(word())) {
      report_.error(tokens_.peek().at,
                    name_of(tokens_.peek()) +
                        " are no hours; they are written `08:00-18:00`, from `00:00` to `24:00`, and "
                        "end at another minute than they begin");
      is_good_ = false;
      return take();
    }
    if (!minutes) { return false; }
    window.first = minutes->first;
    window.last = minutes->second;
    return take();
  }
  static bool looks_like_hours(std::string_view text) noexcept {
    return !text.empty() && is_digit(text.front()) && text.find(':') != text.npos;
  }
  std::string_view word() const {
    return tokens_.peek().kind == Token::Kind::word ? tokens_.peek().text : std::string_view();
  }
  bool take() {
    append_word(tokens_.take().text, text_);
    return true;
  }

  TokenStream& tokens_;
  Report& report_;
  std::string& text_;
  bool is_good_ = true;
};

// "CET", "EST5EDT": capitals and digits, as no condition of the language is written.
bool is_abbreviation(const Token& token) noexcept {
  const auto is_capital = [](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c); };
  return token.kind == Token::Kind::word && token.text.size() >= 3 && token.text.size() <= 7 &&
         !is_digit(token.text.front()) && std::ranges::all_of(token.text, is_capital);
}

// False when what stands there was reported.
bool take_zone(TokenStream& tokens, Report& report, std::string& zone, Position& at, std::string& text) {
  const Token& token = tokens.peek();
  if (token.kind != Token::Kind::word) { return true; }
  if (is_abbreviation(token) && !is_zone_name(token.text)) {
    report.error(token.at, "a zone is named by its place, as in `Europe/Berlin`, or is `UTC`, not " + name_of(token));
    tokens.take();
    return false;
  }
  if (!is_zone_name(token.text)) { return true; }
  at = token.at;
  zone = tokens.take().text;
  append_word(zone, text);
  return true;
}

// A word that is none of what was expected is still the value: the next one is not.
void take_wrong_value(TokenStream& tokens) {
  const Token& token = tokens.peek();
  if (token.kind == Token::Kind::quoted || (token.kind == Token::Kind::word && !begins_next_part(token))) {
    tokens.take();
  }
}

bool take_name(TokenStream& tokens, Report& report, TimeTerms& terms, std::string& text) {
  const Token& token = tokens.peek();
  if (token.kind != Token::Kind::word || !is_net_name(token.text) || is_reserved(token.text)) {
    report.error(token.at, "a time expected, as in `mon-fri 08:00-18:00`, or the name of one, not " + name_of(token));
    take_wrong_value(tokens);
    return false;
  }
  append_word(token.text, text);
  terms.names.push_back({token.text, token.at});
  tokens.take();
  return true;
}

}  // namespace

bool parse_times(TokenStream& tokens, Report& report, TimeTerms& terms, std::string& text) {
  bool is_good = true;
  do {
    if (!text.empty() && !text.ends_with(' ')) { text += ", "; }
    WindowParser window(tokens, report, text);
    if (const auto parsed = window.run()) {
      terms.windows.push_back(*parsed);
      is_good = is_good && window.is_good();
    } else if (!take_name(tokens, report, terms, text)) {
      return false;
    }
  } while (tokens.take_if(Token::Kind::comma));
  return take_zone(tokens, report, terms.zone, terms.zone_at, text) && is_good;
}

bool parse_day_time(TokenStream& tokens, Report& report, DayTime& time, std::string& text) {
  const Token date = tokens.peek();
  const auto day = date.kind == Token::Kind::word ? parse_date(date.text) : std::nullopt;
  if (!day) {
    report.error(date.at, "a date expected, as in `2026-12-31`, not " + name_of(date));
    take_wrong_value(tokens);
    return false;
  }
  time.date = *day;
  append_word(tokens.take().text, text);
  const Token& clock = tokens.peek();
  if (const auto minute = clock.kind == Token::Kind::word ? parse_minute(clock.text) : std::nullopt) {
    time.minute = *minute;
    append_word(tokens.take().text, text);
  }
  return take_zone(tokens, report, time.zone, time.zone_at, text);
}

TimeSyntax parse_time_definition(TokenStream& tokens, Report& report) {
  TimeSyntax time;
  const Token name = tokens.peek();
  time.name = name.text;
  time.at = name.at;
  if (name.kind != Token::Kind::word || !is_net_name(name.text)) {
    report.error(name.at, "`time` takes a name of letters, digits, `-`, `_`, not " + name_of(name));
    return time;
  }
  tokens.take();
  if (is_reserved(name.text)) {
    report.error(name.at, name_of(name) + " is a word of the language; call the time by another name");
  }
  std::string ignored;
  bool is_good = parse_times(tokens, report, time.times, ignored);
  if (tokens.peek().is("except")) {
    tokens.take();
    ignored.clear();
    is_good = parse_times(tokens, report, time.exceptions, ignored) && is_good;
    if (time.exceptions.zone.empty()) { time.exceptions.zone = time.times.zone; }
  }
  if (is_good && !tokens.is_at_end()) {
    const Token rest = tokens.take();
    report.error(rest.at,
                 name_of(rest) + " where the line should end; between two times stands a comma, the zone last");
  }
  return time;
}

}  // namespace sluice::policy
