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
};

// What was found wrong in a text so far.
// Lifetime: the text must outlive it.
class Report {
 public:
  Report(std::string file, std::string_view text);

  void error(Position at, std::string message);
  void warning(Position at, std::string message);

  bool has_errors() const noexcept { return !errors_.empty(); }
  // So many errors that the rest of the text is not worth reading.
  bool is_full() const noexcept;

  std::string_view line(int number) const noexcept;  // as written, without its end; empty when there is none
  int line_count() const noexcept { return static_cast<int>(lines_.size()); }

  // In the order of the text.
  std::vector<Diagnostic> errors() &&;
  std::vector<Diagnostic> warnings() &&;

 private:
  Diagnostic diagnostic(Diagnostic::Severity severity, Position at, std::string message) const;

  std::string file_;
  std::vector<std::string_view> lines_;
  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> warnings_;
};

}  // namespace sluice::policy
