#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/list_declaration.hpp"
#include "policy/lists/list_compiler.hpp"
#include "policy/lists/list_set.hpp"

namespace sluice::control {

// One entry put into a list, or taken out, by hand.
struct ListEdit {
  bool is_removal = false;
  std::string list;
  std::string category;
  std::string entry;  // "example.com", "10.0.0.0/8", "example.com/path"

  std::string text() const;  // a line of the file of edits
};

// The lines of a file of edits; one without its end is not whole and left out. Errors: the number of the first line
// that is none.
std::expected<std::vector<ListEdit>, int> read_edits(std::string_view text);

// What was edited by hand, in its order, kept in a file: an entry stays in or out whatever later copies of the list
// say. Thread: one at a time.
class ListEdits {
 public:
  explicit ListEdits(std::string file) : file_(std::move(file)) {}

  // Errors: why the file cannot be read, or which line of it is none.
  std::expected<void, std::string> load();
  // Kept when it returns. Errors: why it cannot be written; it is not an edit then.
  std::expected<void, std::string> append(const ListEdit& edit);

  static constexpr std::size_t kMost = 10'000;
  const std::vector<ListEdit>& all() const noexcept { return edits_; }

 private:
  std::string file_;
  std::string failure_;  // of load(): a file that was not understood is not written over
  std::vector<ListEdit> edits_;
};

using Declarations = std::span<const policy::ListDeclaration>;

// What an edit is about, in the spelling that lists know it by; as it was written when it is nothing that they can
// hold.
std::string normal_text(const ListEdit& edit, policy::ListFormat format);

// Hands an edit to the compiler. An address is where connections go in a list of the format `addresses`, and a host
// that is written so in any other. Errors: no such list or category, no such entry.
std::expected<void, std::string> add_edit(const ListEdit& edit, Declarations declared, policy::ListCompiler& compiler);

// Of several edits of one entry the last counts. One whose list or category is not there any more has no effect.
void add_edits(std::span<const ListEdit> edits, Declarations declared, policy::ListCompiler& compiler);

// A set with these edits alone, to be put in front of `compiled`. Null when there are none.
std::shared_ptr<const policy::ListSet> edits_in_front_of(const policy::ListSet& compiled, Declarations declared,
                                                         std::span<const ListEdit> edits);

}  // namespace sluice::control
