#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy/lexer.hpp"

namespace sluice::policy {

// A text that a policy includes.
struct Source {
  std::string file;  // as it is called in messages
  std::string text;
};

// Reads what `include "NAME"` names; `from` is the file that the line stands in. Errors: why it cannot be read.
using IncludeReader =
    std::function<std::expected<Source, std::string>(const std::string& name, const std::string& from)>;

// The lines of a policy that hold something, in order, each with its tokens; included texts stand where they are
// included.
struct SourceLines {
  std::vector<std::vector<Token>> lines;
  std::vector<std::unique_ptr<const Source>> included;  // each once, what the report's excerpts point into
};

// Reports what cannot be included, and tokens that are none. Without a reader lines that include are left out.
SourceLines read_lines(Report& report, const IncludeReader* reader);

}  // namespace sluice::policy
