#include "tools/sluice/terminal.hpp"

#include <algorithm>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace sluice::cli {
namespace {

const char* code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\033[1m";
    case Style::faint:
      return "\033[2m";
    case Style::good:
      return "\033[32m";
    case Style::bad:
      return "\033[31m";
    case Style::doubtful:
      return "\033[33m";
  }
  return "";
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Characters rather than octets; good enough for the names and URLs that stand here.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string cut(std::string text, std::size_t width) {
  if (width == 0 || length_of(text) <= width) { return text; }
  std::size_t kept = 0;
  std::size_t at = 0;
  while (at < text.size() && (kept + 1 < width || is_continuation(text[at]))) {
    if (!is_continuation(text[at])) { ++kept; }
    ++at;
  }
  text.resize(at);
  return text + "…";
}

}  // namespace

Terminal Terminal::of_standard_output() {
  Terminal terminal;
  if (isatty(STDOUT_FILENO) == 0) { return terminal; }
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const kind = std::getenv("TERM");
  const bool is_dumb = kind == nullptr || std::string_view(kind) == "dumb";
  terminal.has_colour = !is_dumb && (no_colour == nullptr || *no_colour == '\0');
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) { terminal.width = size.ws_col; }
  return terminal;
}

std::string Terminal::styled(std::string_view text, Style style) const {
  if (!has_colour || style == Style::plain) { return std::string(text); }
  return code_of(style) + std::string(text) + "\033[0m";
}

std::string printable(std::string_view text) {
  std::string out(text);
  const auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; };
  std::ranges::replace_if(out, is_control, '?');
  return out;
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) { widths[i] = std::max(widths[i], length_of(row[i])); }
  }
  return widths;
}

std::string Table::line(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) const {
  std::string out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string padding(widths[i] - length_of(row[i]), ' ');
    const bool is_right = std::ranges::find(right_, i) != right_.end();
    if (i > 0) { out += "  "; }
    out += is_right ? padding + printable(row[i]) : printable(row[i]) + padding;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::string Table::text(const Terminal& terminal) const {
  const auto columns = widths();
  std::string out;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::string text = cut(line(rows_[i], columns), terminal.width);
    out += terminal.styled(text, i == 0 ? Style::bold : Style::plain) + "\n";
  }
  return out;
}

}  // namespace sluice::cli
