#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/lists/list_compiler.hpp"

namespace sluice::policy {

// How the lines of a list are written. docs/lists.md says what becomes of each.
enum class ListFormat : std::uint8_t {
  domains,                 // one name a line, `*.` in front or not: the name and everything below it
  hosts,                   // "0.0.0.0 name name": these names only
  squidguard_domains,      // the files of a category in a squidGuard or UT1 tree
  squidguard_urls,         //
  squidguard_expressions,  //
  dnsmasq,                 // "address=/name/", "local=/name/", "server=/name/"
  unbound,                 // "local-zone: name always_nxdomain", "local-data: ..."
  rpz,                     // a response policy zone
  adblock,                 // "||name^", paths, expressions, "@@" exceptions
  addresses,               // prefixes, addresses and ranges, plain or as ipset saves them
};

// The word for a format in a policy text. A squidGuard tree is one word for three formats; the caller knows the file.
std::string_view to_string(ListFormat format) noexcept;
// Whether the format's exceptions decide wherever they stand.
bool has_final_exceptions(ListFormat format) noexcept;

// What became of the lines of a text.
struct ImportReport {
  struct Remark {
    std::uint32_t line = 0;
    std::string reason;
  };
  static constexpr std::size_t kMostRejections = 100;  // kept; all are counted
  static constexpr std::size_t kMostWide = 20;         // likewise

  std::uint64_t lines = 0;       // with something in them, comments left out
  std::uint64_t entries = 0;     // that these lines gave
  std::uint64_t exceptions = 0;  // of the entries
  std::uint64_t lowered = 0;     // patterns that became names, paths or plain expressions
  std::uint64_t skipped = 0;     // that concern others: cosmetic rules, `localhost`, records of a zone itself
  std::uint64_t rejected = 0;    // that are wrong
  std::vector<Remark> rejections;
  std::uint64_t wide = 0;  // entries that hold for far more than lists mean to
  std::vector<Remark> wide_entries;
  std::map<std::string, std::uint64_t> unsupported;  // what is right but not known here, with its count

  void add(const ImportReport& other);
};

// Reads `text` line by line into `compiler`, as entries of `tag`.
ImportReport import_list(ListFormat format, std::string_view text, std::uint32_t tag, ListCompiler& compiler);

// A list that suddenly is much shorter or longer is more likely broken than right. Says so when `now` differs from
// `before` by more than `percent` of it; nothing before, nothing to compare with.
std::optional<std::string> change_refused(std::uint64_t before, std::uint64_t now, unsigned percent);

}  // namespace sluice::policy
