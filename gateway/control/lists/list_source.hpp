#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "policy/list_declaration.hpp"

namespace sluice::control {

// What a list is read from: a file, or the files of a tree with the category of each.
struct ListSource {
  struct Part {
    policy::ListFormat format = policy::ListFormat::domains;
    std::string category;
    std::string file;  // below the tree; "" of a single file
    std::string text;
  };
  std::vector<Part> parts;

  std::uint64_t hash() const;
};

// Errors: why it cannot be read, in words. Cost: reads files; never on a worker.
std::expected<ListSource, std::string> read_list_source(const policy::ListDeclaration& list);

// A value that changes when a file of the list does: sizes and times of all of them, and which there are.
std::uint64_t signature_of(const policy::ListDeclaration& list);

// A source as one text, to be kept for the day that its files are gone; and back. Nothing when it is none.
std::string kept_copy(const ListSource& source);
std::optional<ListSource> read_kept_copy(std::string_view text);

}  // namespace sluice::control
