#include "gateway/record/log_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace sluice::record {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr char kUpperHex[] = "0123456789ABCDEF";
constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

// Octets of the words that the exact bit tests below find: non-zero when some octet of `word` is below `limit` (<=
// 0x80).
constexpr std::uint64_t has_below(std::uint64_t word, std::uint8_t limit) {
  return (word - kOnes * limit) & ~word & kHighs;
}
constexpr std::uint64_t has_octet(std::uint64_t word, char octet) {
  return has_below(word ^ (kOnes * static_cast<std::uint8_t>(octet)), 1);
}

constexpr bool is_plain(unsigned char octet) {
  return octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\';
}

// Whether one of eight octets may need an escape. What is above the first such octet may be reported wrongly, so the
// octets of a suspect word are looked at one by one.
constexpr bool is_suspect(std::uint64_t word) {
  return ((word & kHighs) | has_below(word, 0x20) | has_octet(word, '"') | has_octet(word, '\\') |
          has_octet(word, 0x7f)) != 0;
}

// The length of the leading run of octets that need no escape in any quoted form: most fields are nothing else.
std::size_t plain_run(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if (is_suspect(word)) { break; }
  }
  while (at < text.size() && is_plain(static_cast<unsigned char>(text[at]))) { ++at; }
  return at;
}

// Copies that run; returns its length. Scanning and copying are one pass: this is the hot part of a line.
std::size_t copy_plain_run(char* to, std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if (is_suspect(word)) { break; }
    std::memcpy(to + at, &word, 8);
  }
  for (; at < text.size() && is_plain(static_cast<unsigned char>(text[at])); ++at) { to[at] = text[at]; }
  return at;
}

struct CodePoint {
  char32_t value = 0;
  std::size_t octets = 0;  // 0: not UTF-8 here
};

// RFC 3629 section 4, the table of well-formed sequences: no overlong forms, no surrogates, nothing above U+10FFFF.
CodePoint decode(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) { return {first, 1}; }
  if (first >= 0xc2 && first <= 0xdf && tail(1)) { return {((first & 0x1fU) << 6) | (at(1) & 0x3fU), 2}; }
  if (first >= 0xe0 && first <= 0xef && tail(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && tail(2)) {
    return {((first & 0x0fU) << 12) | ((at(1) & 0x3fU) << 6) | (at(2) & 0x3fU), 3};
  }
  if (first >= 0xf0 && first <= 0xf4 && tail(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && tail(2) &&
      tail(3)) {
    return {((first & 0x07U) << 18) | ((at(1) & 0x3fU) << 12) | ((at(2) & 0x3fU) << 6) | (at(3) & 0x3fU), 4};
  }
  return {};
}

bool must_escape(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

char* write(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* write_unicode_escape(char* to, char32_t c) {
  const char escape[] = {'\\', 'u', kHex[(c >> 12) & 15], kHex[(c >> 8) & 15], kHex[(c >> 4) & 15], kHex[c & 15]};
  return write(to, {escape, sizeof escape});
}

// One code point, or one octet that is none, taken off the front of `text`.
char* write_json_special(char* to, std::string_view& text) {
  const char first = text.front();
  const CodePoint point = decode(text);
  const std::string_view taken = text.substr(0, std::max<std::size_t>(point.octets, 1));
  text.remove_prefix(taken.size());
  switch (first) {
    case '"':
      return write(to, "\\\"");
    case '\\':
      return write(to, "\\\\");
    case '\n':
      return write(to, "\\n");
    case '\r':
      return write(to, "\\r");
    case '\t':
      return write(to, "\\t");
    default:
      break;
  }
  if (point.octets == 0) { return write_unicode_escape(to, 0xfffd); }
  return must_escape(point.value) ? write_unicode_escape(to, point.value) : write(to, taken);
}

void append_quoted_special(std::string& out, char octet) {
  switch (octet) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto value = static_cast<unsigned char>(octet);
  const char escape[] = {'\\', 'x', kHex[value >> 4], kHex[value & 15]};
  out.append(escape, sizeof escape);
}

struct CivilTime {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

CivilTime civil(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const auto of_day = static_cast<unsigned>((time - midnight).count());
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          of_day / 3600,
          of_day / 60 % 60,
          of_day % 60};
}

}  // namespace

void append_padded(std::string& out, std::int64_t number, std::size_t width, char fill) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number);
  const auto length = static_cast<std::size_t>(end.ptr - digits);
  if (length < width) { out.append(width - length, fill); }
  out.append(digits, length);
}

std::int64_t epoch_milliseconds(std::chrono::system_clock::time_point time) noexcept {
  const auto count = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return count < 0 ? 0 : count;
}

char* write_rfc3339(char* to, std::chrono::system_clock::time_point time) {
  struct Cached {
    std::int64_t second = -1;
    std::string text;
  };
  thread_local Cached cached;
  const std::int64_t milliseconds = epoch_milliseconds(time);
  if (milliseconds / 1000 != cached.second) {
    cached.second = milliseconds / 1000;
    const CivilTime at = civil(cached.second);
    cached.text.clear();
    append_padded(cached.text, at.year, 4, '0');
    for (const auto& [mark, value] : {std::pair{'-', at.month}, std::pair{'-', at.day}, std::pair{'T', at.hour},
                                      std::pair{':', at.minute}, std::pair{':', at.second}}) {
      cached.text += mark;
      append_padded(cached.text, value, 2, '0');
    }
    cached.text += '.';
  }
  to = write(to, cached.text);
  const auto part = static_cast<unsigned>(milliseconds % 1000);
  const char end[] = {static_cast<char>('0' + part / 100), static_cast<char>('0' + part / 10 % 10),
                      static_cast<char>('0' + part % 10), 'Z'};
  return write(to, {end, sizeof end});
}

void append_rfc3339(std::string& out, std::chrono::system_clock::time_point time) {
  char text[kRfc3339Size];
  out.append(text, write_rfc3339(text, time));
}

void append_common_log_time(std::string& out, std::chrono::system_clock::time_point time) {
  static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime at = civil(epoch_milliseconds(time) / 1000);
  append_padded(out, at.day, 2, '0');
  out += '/';
  out += kMonths[at.month - 1];
  out += '/';
  append_padded(out, at.year, 4, '0');
  for (const unsigned value : {at.hour, at.minute, at.second}) {
    out += ':';
    append_padded(out, value, 2, '0');
  }
  out += " +0000";
}

char* write_json_text(char* to, std::string_view text) {
  while (true) {
    const std::size_t run = copy_plain_run(to, text);
    to += run;
    text.remove_prefix(run);
    if (text.empty()) { return to; }
    to = write_json_special(to, text);
  }
}

void append_json_text(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + kJsonGrowth * text.size(), [&](char* data, std::size_t) {
    return static_cast<std::size_t>(write_json_text(data + before, text) - data);
  });
}

void append_word(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += '-';
    return;
  }
  for (const char octet : text) {
    const auto value = static_cast<unsigned char>(octet);
    if (value != ' ' && is_plain(value)) {
      out += octet;
    } else {
      const char escape[] = {'%', kUpperHex[value >> 4], kUpperHex[value & 15]};
      out.append(escape, sizeof escape);
    }
  }
}

void append_quoted_text(std::string& out, std::string_view text) {
  if (text.empty()) { out += '-'; }
  while (!text.empty()) {
    const std::size_t run = plain_run(text);
    out.append(text.data(), run);
    text.remove_prefix(run);
    if (text.empty()) { return; }
    append_quoted_special(out, text.front());
    text.remove_prefix(1);
  }
}

}  // namespace sluice::record
