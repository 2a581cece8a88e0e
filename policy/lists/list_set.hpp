#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address.hpp"
#include "policy/lists/expression_set.hpp"
#include "policy/lists/list_hit.hpp"
#include "policy/lists/name_table.hpp"
#include "policy/lists/path_table.hpp"
#include "policy/lists/prefix_table.hpp"

namespace sluice::policy {

// All lists, compiled: immutable, found in the octets of a compiled file without reading them ahead.
// Thread: any, concurrently. Lifetime: it keeps the owner of the octets.
class ListSet {
 public:
  // Checks all octets. What a file says is not trusted even so: whatever its octets, no lookup reads beyond them.
  // REQUIRES: octets at an address that is a multiple of 8, which do not change while `owner` lives.
  static std::expected<std::shared_ptr<const ListSet>, OpenError> open(std::string_view octets,
                                                                       std::shared_ptr<const void> owner);

  const std::vector<ListTag>& tags() const noexcept { return tags_; }
  TagTraits traits(std::uint32_t tag) const noexcept { return tag < traits_.size() ? traits_[tag] : TagTraits{}; }
  std::string_view origin() const noexcept { return sections_[Section::origin]; }

  // What a host is listed as, by its name and those above it; and where paths below it are listed. An address, in its
  // canonical text, is found among the prefixes.
  void find_host(std::string_view host, ListHits& found) const;
  void find_destination(const Address& address, ListHits& found) const;  // prefixes that are about connections
  // What find_destination() is going to read, asked for ahead, in this order and with other work in between.
  void prefetch_place(const Address& address) const noexcept { prefixes_.prefetch_place(address); }
  void prefetch_runs(const Address& address) const noexcept { prefixes_.prefetch_runs(address); }
  // REQUIRES: after find_host() with the same `found`, once. `lower`: the URL in lower case.
  void find_url(std::string_view url, std::string_view lower, ListHits& found) const;

  // Compiles all expressions now.
  void prepare() const { expressions_.prepare(); }

  ListEntryText describe(const ListHit& hit) const;

  struct Sizes {
    std::size_t octets = 0;
    std::size_t prefixes = 0;
    std::size_t paths = 0;
    std::size_t expressions = 0;
  };
  Sizes sizes() const noexcept;

 private:
  ListSet(Sections sections, std::size_t size, std::shared_ptr<const void> owner);

  bool read_tags();
  void find_names(std::string_view host, ListHits& found) const;
  void find_address(const Address& address, bool is_host, ListHits& found) const;
  void add_name(const NameTable::Entry& entry, std::string_view host, std::size_t at, ListHits& found) const;
  void add_members(ListHit hit, std::uint32_t set, ListHits& found) const;
  std::uint32_t line_of(const ListHit& hit) const noexcept;
  std::string entry_text(const ListHit& hit) const;

  Sections sections_;
  std::size_t size_;
  std::shared_ptr<const void> owner_;
  std::vector<ListTag> tags_;
  std::vector<TagTraits> traits_;
  MemberSets sets_;
  NameTable names_;
  PathTable paths_;
  PrefixTable prefixes_;
  ExpressionSet expressions_;
};

// Section tags: their number; of each an octet of bits, list and category with their sizes ahead.
void append_tag_count(std::size_t count, std::string& out);
void append_tag(const ListTag& tag, const TagTraits& traits, std::string& out);

}  // namespace sluice::policy
