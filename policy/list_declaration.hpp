#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/lists/import.hpp"
#include "policy/report.hpp"

namespace sluice::policy {

// `list NAME FORMAT "path or URL" [category NAME] [refresh DURATION] [guard N%]`: what a policy text says of a list.
// Reading it is the caller's; see Lists.
struct ListDeclaration {
  std::string name;
  // For a squidGuard tree squidguard_domains stands for all three formats, and `path` is the tree.
  ListFormat format = ListFormat::domains;
  std::string path;           // of a file or a folder; or "http://...", "https://..."
  std::string category;       // its only one; of a tree empty: each folder is one
  std::uint32_t refresh = 0;  // seconds after which it is read again; 0: when its file changes. Never 0 of a URL
  std::uint32_t guard = 0;    // per cent of entries by which it may shrink or grow at once; 0: by any number
  Position at;

  bool is_tree() const noexcept { return format == ListFormat::squidguard_domains; }
  bool is_url() const noexcept { return path.starts_with("http://") || path.starts_with("https://"); }

  // Whether the same is read, whatever line says so.
  friend bool operator==(const ListDeclaration& a, const ListDeclaration& b) noexcept {
    return a.name == b.name && a.format == b.format && a.path == b.path && a.category == b.category &&
           a.refresh == b.refresh && a.guard == b.guard;
  }
};

// Names of lists and categories: a letter or digit, then letters, digits, `-`, `_`, `.`; 64 at most.
bool is_list_name(std::string_view text) noexcept;

}  // namespace sluice::policy
