#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.hpp"

namespace sluice::policy {

// A place in a policy text; line and column count from 1, in octets.
struct Position {
  int line = 0;
  int column = 0;
  int source = 0;  // which text: the policy's own is 0, included ones follow
};

// What was found wrong in a text, and in those it includes, so far.
// Lifetime: the texts must outlive it.
class Report {
 public:
  Report(std::string file, std::string_view text);

  // A text that is included at a place. Its number as a source.
  int add_source(std::string file, std::string_view text, Position at);
  // The line of the policy's own text that a place is in, or that includes it.
  int own_line(Position at) const noexcept;
  const std::string& file(int source) const noexcept { return sources_[static_cast<std::size_t>(source)].file; }

  void error(Position at, std::string message);
  void warning(Position at, std::string message);

  bool has_errors() const noexcept { return !errors_.empty(); }
  // So many errors that the rest of the text is not worth reading.
  bool is_full() const noexcept;

  // As written, without its end; empty when there is none.
  std::string_view line(int number, int source = 0) const noexcept;
  int line_count(int source = 0) const noexcept;

  // In the order of the text.
  std::vector<Diagnostic> errors() &&;
  std::vector<Diagnostic> errors_and_warnings() &&;  // errors first
  std::vector<Diagnostic> warnings() &&;

 private:
  Diagnostic diagnostic(Diagnostic::Severity severity, Position at, std::string message) const;
  std::vector<std::string> files() const;

  struct Source {
    std::string file;
    std::vector<std::string_view> lines;
    Position included_at;
  };
  std::vector<Source> sources_;
  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> warnings_;
};

}  // namespace sluice::policy
