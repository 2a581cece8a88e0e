#include "policy/report.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sluice::policy {
namespace {

constexpr std::size_t kMostErrors = 100;
constexpr std::size_t kMostWarnings = 100;
constexpr std::size_t kLongestExcerpt = 64 * 1024;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) { line.remove_suffix(1); }
    lines.push_back(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<Diagnostic> sorted(std::vector<Diagnostic> diagnostics) {
  std::ranges::sort(diagnostics, {}, [](const Diagnostic& d) { return std::tie(d.line, d.column, d.message); });
  return diagnostics;
}

}  // namespace

Report::Report(std::string file, std::string_view text) : file_(std::move(file)), lines_(lines_of(text)) {}

Diagnostic Report::diagnostic(Diagnostic::Severity severity, Position at, std::string message) const {
  std::string excerpt(line(at.line).substr(0, kLongestExcerpt));
  return {severity, file_, at.line, at.column, std::move(message), std::move(excerpt)};
}

void Report::error(Position at, std::string message) {
  if (is_full()) { return; }
  errors_.push_back(diagnostic(Diagnostic::Severity::error, at, std::move(message)));
}

void Report::warning(Position at, std::string message) {
  if (warnings_.size() >= kMostWarnings) { return; }
  warnings_.push_back(diagnostic(Diagnostic::Severity::warning, at, std::move(message)));
}

bool Report::is_full() const noexcept {
  return errors_.size() >= kMostErrors;
}

std::string_view Report::line(int number) const noexcept {
  const bool is_there = number >= 1 && number <= line_count();
  return is_there ? lines_[static_cast<std::size_t>(number - 1)] : std::string_view();
}

std::vector<Diagnostic> Report::errors() && {
  std::vector<Diagnostic> errors = sorted(std::move(errors_));
  if (errors.size() == kMostErrors) { errors.back().message += " (more errors than these 100 are not listed)"; }
  return errors;
}
std::vector<Diagnostic> Report::warnings() && {
  return sorted(std::move(warnings_));
}

}  // namespace sluice::policy
