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

// Those of one file stand together, the files in the order in which they first come up.
std::vector<Diagnostic> sorted(std::vector<Diagnostic> diagnostics, const std::vector<std::string>& files) {
  const auto place = [&](const Diagnostic& diagnostic) { return std::ranges::find(files, diagnostic.file); };
  std::ranges::sort(diagnostics, [&](const Diagnostic& a, const Diagnostic& b) {
    return std::tuple(place(a), a.line, a.column, std::string_view(a.message)) <
           std::tuple(place(b), b.line, b.column, std::string_view(b.message));
  });
  return diagnostics;
}

}  // namespace

Report::Report(std::string file, std::string_view text) {
  add_source(std::move(file), text, {});
}

int Report::add_source(std::string file, std::string_view text, Position at) {
  sources_.push_back({std::move(file), lines_of(text), at});
  return static_cast<int>(sources_.size()) - 1;
}

int Report::own_line(Position at) const noexcept {
  while (at.source != 0) { at = sources_[static_cast<std::size_t>(at.source)].included_at; }
  return at.line;
}

Diagnostic Report::diagnostic(Diagnostic::Severity severity, Position at, std::string message) const {
  std::string excerpt(line(at.line, at.source).substr(0, kLongestExcerpt));
  return {severity, file(at.source), at.line, at.column, std::move(message), std::move(excerpt)};
}

void Report::error(Position at, std::string message) {
  if (is_full()) { return; }
  // A value of a set is judged wherever the set is used.
  const auto is_same = [&](const Diagnostic& other) {
    return other.line == at.line && other.column == at.column && other.message == message &&
           other.file == file(at.source);
  };
  if (std::ranges::any_of(errors_, is_same)) { return; }
  errors_.push_back(diagnostic(Diagnostic::Severity::error, at, std::move(message)));
}

void Report::warning(Position at, std::string message) {
  if (warnings_.size() >= kMostWarnings) { return; }
  warnings_.push_back(diagnostic(Diagnostic::Severity::warning, at, std::move(message)));
}

bool Report::is_full() const noexcept {
  return errors_.size() >= kMostErrors;
}

std::string_view Report::line(int number, int source) const noexcept {
  const bool is_there = number >= 1 && number <= line_count(source);
  return is_there ? sources_[static_cast<std::size_t>(source)].lines[static_cast<std::size_t>(number - 1)]
                  : std::string_view();
}

int Report::line_count(int source) const noexcept {
  return static_cast<int>(sources_[static_cast<std::size_t>(source)].lines.size());
}

std::vector<std::string> Report::files() const {
  std::vector<std::string> files;
  for (const Source& source : sources_) { files.push_back(source.file); }
  return files;
}

std::vector<Diagnostic> Report::errors() && {
  std::vector<Diagnostic> errors = sorted(std::move(errors_), files());
  if (errors.size() == kMostErrors) { errors.back().message += " (more errors than these 100 are not listed)"; }
  return errors;
}

std::vector<Diagnostic> Report::errors_and_warnings() && {
  std::vector<Diagnostic> all = std::move(*this).errors();
  const std::vector<Diagnostic> doubtful = std::move(*this).warnings();
  all.insert(all.end(), doubtful.begin(), doubtful.end());
  return all;
}

std::vector<Diagnostic> Report::warnings() && {
  return sorted(std::move(warnings_), files());
}

}  // namespace sluice::policy
