#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/lists/import.hpp"
#include "policy/report.hpp"

namespace sluice::policy {

// `list NAME FORMAT "path" [category NAME] [refresh DURATION] [guard N%]`: what a policy text says of a list. Reading
// it is the caller's; see Lists.
struct ListDeclaration {
  std::string name;
  // For a squidGuard tree squidguard_domains stands for all three formats, and `path` is the tree.
  ListFormat format = ListFormat::domains;
  std::string path;
  std::string category;       // its only one; of a tree empty: each folder is one
  std::uint32_t refresh = 0;  // seconds after which it is read again; 0: when its file changes
  std::uint32_t guard = 0;    // per cent of entries by which it may shrink or grow at once; 0: by any number
  Position at;

  bool is_tree() const noexcept { return format == ListFormat::squidguard_domains; }
};

// Names of lists and categories: a letter or digit, then letters, digits, `-`, `_`, `.`; 64 at most.
bool is_list_name(std::string_view text) noexcept;

}  // namespace sluice::policy
