#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address.hpp"
#include "policy/lists/entry.hpp"
#include "policy/lists/expression_set.hpp"
#include "policy/lists/name.hpp"
#include "policy/lists/prefix_table.hpp"

namespace sluice::policy {

// Where an entry stands and what it says.
struct EntryPlace {
  std::uint32_t tag = 0;   // from ListCompiler::add_tag()
  std::uint32_t line = 0;  // 0: in no source, but put in by hand; such entries are not counted
  Reach reach = Reach::subtree;
  Effect effect = Effect::holds;
};

// Makes the octets of a compiled file out of entries in any order. The same entries in the same order give the same
// octets; duplicates are kept once, with their first line.
// Memory: some 24 octets and the packed name for each entry until finish() returns.
class ListCompiler {
 public:
  // The entries of one list that are of one kind. A name in two categories of the list is two entries, one distinct.
  struct KindCounts {
    std::uint64_t entries = 0;
    std::uint64_t distinct = 0;  // known when finish() has been called
  };
  struct Counts {
    KindCounts names;
    KindCounts prefixes;
    KindCounts paths;
    KindCounts expressions;
  };
  struct Compiled {
    std::string octets;
    std::size_t distinct_names = 0;  // of all lists together
    std::size_t covered_prefixes = 0;
    std::vector<ExpressionEntry> refused;  // expressions beyond the budget of memory
  };
  enum class Error : std::uint8_t { too_large };

  // What becomes of entries that remove: they stay, to be put in front of other lists, or are carried out here: an
  // entry of the same tag for the same name, prefix, path or expression is left out.
  enum class Removals : std::uint8_t { stay, carried_out };
  explicit ListCompiler(Removals removals = Removals::stay) : removals_(removals) {}

  // A tag that was added before keeps its number. Nothing when there are too many.
  std::optional<std::uint32_t> add_tag(const ListTag& tag);
  const std::vector<ListTag>& tags() const noexcept { return tags_; }

  // A name or an address as it is written. Errors: it is neither.
  std::expected<void, NameError> add_host(std::string_view host, const EntryPlace& place);
  // REQUIRES: a name in its normal form.
  void add_name(std::string_view name, const EntryPlace& place);
  void add_prefix(const Prefix& prefix, const EntryPlace& place);
  // Everything below a host whose path and query begin with `path`, upper and lower case alike. Errors: no host; a
  // path that does not begin with "/" or holds a blank or a control is a bad_octet, a long one too_long.
  std::expected<void, NameError> add_path(std::string_view host, std::string_view path, const EntryPlace& place);
  // Found anywhere in a URL. Errors: RE2's own words; too much memory; one that every URL matches, which is no site's.
  std::expected<void, std::string> add_expression(std::string_view expression, const EntryPlace& place);

  // Whether one more name of the tag's list may be looked for among the public suffixes: that costs too much for all
  // names of a long list.
  static constexpr std::uint32_t kMostSuffixesAsked = 50'000;
  bool may_ask_for_suffix(std::uint32_t tag) noexcept;

  Counts counts(std::string_view list) const;
  // `origin`: any octets, given back by ListSet::origin(); asked for when everything has been counted, and then
  // `octets` alone is missing. REQUIRES: called once, the last.
  using Origin = std::function<std::string(const Compiled&)>;
  std::expected<Compiled, Error> finish(const Origin& origin);
  std::expected<Compiled, Error> finish(std::string_view origin);

 private:
  struct NameOccurrence {
    std::uint64_t hash = 0;
    std::uint32_t name = 0;  // place of the packed name
    std::uint32_t member = 0;
    std::uint32_t line = 0;
  };
  struct PathOccurrence {
    std::uint64_t hash = 0;
    std::uint32_t name = 0;
    std::uint32_t path = 0;
    std::uint32_t path_size = 0;
    std::uint32_t member = 0;
    std::uint32_t line = 0;
  };
  struct Group;
  class Writer;

  std::uint32_t keep_packed(std::string_view packed);
  std::string_view packed_at(std::uint32_t place) const noexcept;
  std::string_view path_of(const PathOccurrence& occurrence) const noexcept;
  void count(KindCounts Counts::* kind, const EntryPlace& place);
  void count_distinct();
  void note_host(const EntryPlace& place);
  void note_destination(const EntryPlace& place);
  void note_url(const EntryPlace& place);
  void remove_what_is_removed();
  void sort_names();
  void sort_paths();
  void sort_prefixes();
  void sort_expressions();

  Removals removals_;
  std::vector<ListTag> tags_;
  std::vector<TagTraits> traits_;
  std::vector<std::uint32_t> tag_lists_;  // the number of the list of each tag
  std::vector<std::string> lists_;
  std::vector<Counts> counts_;  // of each list
  std::vector<std::uint32_t> suffixes_asked_;
  std::string packed_;  // the number of units of each name, and the units
  std::string path_texts_;
  std::vector<NameOccurrence> names_;
  std::vector<PathOccurrence> paths_;
  std::vector<PrefixEntry> prefixes_;
  std::vector<ExpressionEntry> expressions_;
  bool is_too_large_ = false;
};

}  // namespace sluice::policy
