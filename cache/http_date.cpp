#include "cache/http_date.hpp"

#include <array>

#include "cache/fields.hpp"

namespace sluice::cache {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Reads a date from left to right; the first octet out of place makes `ok` false for good.
struct Reader {
  std::string_view rest;
  bool ok = true;

  void literal(std::string_view text) {
    ok = ok && equals_ignoring_case(rest.substr(0, text.size()), text);
    if (ok) { rest.remove_prefix(text.size()); }
  }
  int digits(std::size_t count) {
    ok = ok && rest.size() >= count;
    int value = 0;
    for (std::size_t i = 0; ok && i < count; ++i) {
      ok = rest[i] >= '0' && rest[i] <= '9';
      value = value * 10 + (rest[i] - '0');
    }
    if (ok) { rest.remove_prefix(count); }
    return value;
  }
  // asctime pads the day of the month with a space.
  int padded_day() {
    if (!rest.starts_with(' ')) { return digits(2); }
    rest.remove_prefix(1);
    return digits(1);
  }
  // RFC 9111 4.2: "Although all date formats are specified to be case-sensitive, a cache recipient SHOULD match the
  // field value case-insensitively."
  template <std::size_t N>
  int one_of(const std::array<std::string_view, N>& names, std::size_t length) {
    for (std::size_t i = 0; ok && i < N; ++i) {
      const auto name = names[i].substr(0, length);
      if (equals_ignoring_case(rest.substr(0, name.size()), name)) {
        rest.remove_prefix(name.size());
        return static_cast<int>(i);
      }
    }
    ok = false;
    return 0;
  }
};

struct Parts {
  int weekday = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

void read_time(Reader& in, Parts& parts) {
  parts.hour = in.digits(2);
  in.literal(":");
  parts.minute = in.digits(2);
  in.literal(":");
  parts.second = in.digits(2);
}

// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT"
Parts read_fixdate(Reader& in) {
  Parts parts;
  parts.weekday = in.one_of(kDays, 3);
  in.literal(", ");
  parts.day = in.digits(2);
  in.literal(" ");
  parts.month = in.one_of(kMonths, 3);
  in.literal(" ");
  parts.year = in.digits(4);
  in.literal(" ");
  read_time(in, parts);
  in.literal(" GMT");
  return parts;
}

// RFC 9110 5.6.7: recipients "MUST interpret a timestamp that appears to be more than 50 years in the future as
// representing the most recent year in the past that had the same last two digits."
int full_year(int two_digits, UnixTime now) {
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const int this_year = static_cast<int>(today.year());
  const int year = this_year - this_year % 100 + two_digits;
  return year > this_year + 50 ? year - 100 : year;
}

// rfc850-date: "Sunday, 06-Nov-94 08:49:37 GMT"
Parts read_rfc850(Reader& in, UnixTime now) {
  Parts parts;
  parts.weekday = in.one_of(kDays, std::string_view::npos);
  in.literal(", ");
  parts.day = in.digits(2);
  in.literal("-");
  parts.month = in.one_of(kMonths, 3);
  in.literal("-");
  parts.year = full_year(in.digits(2), now);
  in.literal(" ");
  read_time(in, parts);
  in.literal(" GMT");
  return parts;
}

// asctime-date: "Sun Nov  6 08:49:37 1994"
Parts read_asctime(Reader& in) {
  Parts parts;
  parts.weekday = in.one_of(kDays, 3);
  in.literal(" ");
  parts.month = in.one_of(kMonths, 3);
  in.literal(" ");
  parts.day = in.padded_day();
  in.literal(" ");
  read_time(in, parts);
  in.literal(" ");
  parts.year = in.digits(4);
  return parts;
}

std::optional<UnixTime> to_time(const Parts& parts) {
  using namespace std::chrono;
  const year_month_day date{year{parts.year}, month{static_cast<unsigned>(parts.month + 1)},
                            day{static_cast<unsigned>(parts.day)}};
  // A second of 60 is a leap second (RFC 9110 5.6.7 takes it from RFC 5322 3.3).
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) { return std::nullopt; }
  const sys_days days{date};
  if (weekday{days}.c_encoding() != static_cast<unsigned>(parts.weekday)) { return std::nullopt; }
  return UnixTime{days} + hours{parts.hour} + minutes{parts.minute} + seconds{parts.second};
}

}  // namespace

std::optional<UnixTime> parse_http_date(std::string_view text, UnixTime now) noexcept {
  Reader in{text};
  Parts parts;
  if (text.size() > 3 && text[3] == ',') {
    parts = read_fixdate(in);
  } else if (text.size() > 3 && text[3] == ' ') {
    parts = read_asctime(in);
  } else {
    parts = read_rfc850(in, now);
  }
  if (!in.ok || !in.rest.empty()) { return std::nullopt; }
  return to_time(parts);
}

std::string format_http_date(UnixTime time) {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date{days};
  const hh_mm_ss clock{time - days};
  std::string out;
  out.reserve(29);
  const auto number = [&out](long value, int width) {
    char digits[4] = {'0', '0', '0', '0'};
    for (int i = width - 1; i >= 0; --i, value /= 10) { digits[i] = static_cast<char>('0' + value % 10); }
    out.append(digits, static_cast<std::size_t>(width));
  };
  out += kDays[weekday{days}.c_encoding()].substr(0, 3);
  out += ", ";
  number(static_cast<unsigned>(date.day()), 2);
  out += ' ';
  out += kMonths[static_cast<unsigned>(date.month()) - 1];
  out += ' ';
  number(static_cast<int>(date.year()), 4);
  out += ' ';
  number(clock.hours().count(), 2);
  out += ':';
  number(clock.minutes().count(), 2);
  out += ':';
  number(clock.seconds().count(), 2);
  out += " GMT";
  return out;
}

}  // namespace sluice::cache
