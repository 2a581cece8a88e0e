#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/address.hpp"
#include "policy/lists/entry.hpp"
#include "policy/lists/name_table.hpp"

namespace sluice::policy {

class ListSet;

// One membership of one entry that a fact was found in.
struct ListHit {
  enum class Kind : std::uint8_t { name, prefix, path, expression };

  const ListSet* set = nullptr;  // where it was found
  Kind kind = Kind::name;
  Membership membership{};
  std::uint32_t member = 0;     // its number in the set of memberships of the entry
  std::uint32_t record = 0;     // of a prefix: where its lines are; of a path, an expression: its number
  std::uint32_t name_size = 0;  // of a name, a path: how much of the host the entry names; the more the closer
  std::uint32_t extent = 0;     // of a prefix: its bits; of a path: its size
  NameTable::Entry entry{};     // of a name, a path
  Address address{};            // of a prefix: one of its addresses
};

// What was found for one request so far. Meant to be used again for the next one.
struct ListHits {
  // A host with paths that are to be looked through when the URL is known.
  struct Paths {
    const ListSet* set = nullptr;
    NameTable::Entry entry{};
    std::uint32_t name_size = 0;
    std::uint32_t labels = 0;  // of the host in front of it
    bool is_www = false;       // and that one is `www` or the like
  };

  std::vector<ListHit> hits;
  std::vector<Paths> paths;
  std::vector<std::uint32_t> expressions;  // scratch

  void clear() noexcept {
    hits.clear();
    paths.clear();
  }
};

// An entry in words.
struct ListEntryText {
  std::string list;
  std::string category;
  std::string entry;       // as "example.com", "10.0.0.0/8", "example.com/path", an expression
  std::uint32_t line = 0;  // in its source; 0 when not known
};

}  // namespace sluice::policy
