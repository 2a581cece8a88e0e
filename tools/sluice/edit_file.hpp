#pragma once

#include <expected>
#include <string>

namespace sluice::cli {

// A text as somebody left it in an editor, in a temporary file that stays until remove().
struct EditedFile {
  std::string file;
  std::string text;

  void remove() const;
};

// Opens `text` in $VISUAL, else $EDITOR, else vi. Errors: a sentence; the editor could not be run, or ended with an
// error.
std::expected<EditedFile, std::string> edit_text(const std::string& text, const std::string& name);

}  // namespace sluice::cli
