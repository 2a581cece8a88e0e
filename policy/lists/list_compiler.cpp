#include "policy/lists/list_compiler.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include "policy/lists/distinct.hpp"
#include "policy/lists/list_set.hpp"
#include "policy/lists/name_hash.hpp"
#include "policy/lists/name_table.hpp"
#include "policy/lists/normal_entry.hpp"
#include "policy/lists/packed_name.hpp"
#include "policy/lists/path_table.hpp"
#include "policy/lists/removals.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostOctets = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMostInstructions = 4000;

// Sorts by cutting into parts by the highest bits of the hash first: each part then fits into a processor's cache.
template <typename Occurrence, typename Less>
void sort_by_hash(std::vector<Occurrence>& occurrences, Less less) {
  constexpr unsigned kPartBits = 12;
  constexpr std::size_t kParts = std::size_t{1} << kPartBits;
  constexpr std::size_t kWorthwhile = 1 << 15;
  if (occurrences.size() < kWorthwhile) { return std::sort(occurrences.begin(), occurrences.end(), less); }
  const auto part_of = [](const Occurrence& one) { return static_cast<std::size_t>(one.hash >> (64 - kPartBits)); };
  std::vector<std::size_t> ends(kParts + 1);
  for (const Occurrence& one : occurrences) { ++ends[part_of(one) + 1]; }
  for (std::size_t i = 1; i <= kParts; ++i) { ends[i] += ends[i - 1]; }
  std::vector<Occurrence> sorted(occurrences.size());
  std::vector<std::size_t> next(ends.begin(), ends.end() - 1);
  for (const Occurrence& one : occurrences) { sorted[next[part_of(one)]++] = one; }
  for (std::size_t i = 0; i < kParts; ++i) {
    std::sort(sorted.begin() + static_cast<std::ptrdiff_t>(ends[i]),
              sorted.begin() + static_cast<std::ptrdiff_t>(ends[i + 1]), less);
  }
  occurrences.swap(sorted);
}

}  // namespace

std::optional<std::uint32_t> ListCompiler::add_tag(const ListTag& tag) {
  const auto same = std::ranges::find(tags_, tag);
  if (same != tags_.end()) { return static_cast<std::uint32_t>(same - tags_.begin()); }
  if (tags_.size() == kMostTags) { return std::nullopt; }
  const auto list = std::ranges::find(lists_, tag.list);
  tag_lists_.push_back(static_cast<std::uint32_t>(list - lists_.begin()));
  if (list == lists_.end()) {
    lists_.push_back(tag.list);
    counts_.emplace_back();
    suffixes_asked_.push_back(0);
  }
  traits_.emplace_back();
  tags_.push_back(tag);
  return static_cast<std::uint32_t>(tags_.size() - 1);
}

std::uint32_t ListCompiler::keep_packed(std::string_view packed) {
  is_too_large_ = is_too_large_ || packed_.size() + packed.size() + 1 > kMostOctets;
  if (is_too_large_) { return 0; }
  const auto place = static_cast<std::uint32_t>(packed_.size());
  packed_ += static_cast<char>(packed.size() / 2);
  packed_ += packed;
  return place;
}

std::string_view ListCompiler::packed_at(std::uint32_t place) const noexcept {
  const auto units = static_cast<unsigned char>(packed_[place]);
  return std::string_view(packed_).substr(place + std::size_t{1}, 2 * std::size_t{units});
}

std::string_view ListCompiler::path_of(const PathOccurrence& occurrence) const noexcept {
  return std::string_view(path_texts_).substr(occurrence.path, occurrence.path_size);
}

void ListCompiler::note_host(const EntryPlace& place) {
  traits_[place.tag].has_hosts |= place.effect == Effect::holds;
  traits_[place.tag].has_host_exceptions |= place.effect == Effect::excepts;
}

void ListCompiler::note_destination(const EntryPlace& place) {
  traits_[place.tag].has_destinations |= place.effect == Effect::holds;
  traits_[place.tag].has_destination_exceptions |= place.effect == Effect::excepts;
}

void ListCompiler::note_url(const EntryPlace& place) {
  traits_[place.tag].has_urls |= place.effect == Effect::holds;
  traits_[place.tag].has_url_exceptions |= place.effect == Effect::excepts;
}

std::expected<void, NameError> ListCompiler::add_host(std::string_view host, const EntryPlace& place) {
  NameBuffer buffer;
  const auto name = normal_name(host, buffer);
  if (name) {
    add_name(*name, place);
    return {};
  }
  const auto address = Address::parse(host);
  if (!address) { return std::unexpected(name.error()); }
  EntryPlace as_host = place;
  as_host.reach = Reach::exact;
  add_prefix(Prefix(*address, 128), as_host);
  return {};
}

void ListCompiler::add_name(std::string_view name, const EntryPlace& place) {
  const PackedName packed(name);
  note_host(place);
  count(&Counts::names, place);
  names_.push_back({hash_of_name(name), keep_packed(packed.octets()),
                    Membership(place.tag, place.effect, place.reach).code(), place.line});
}

bool ListCompiler::may_ask_for_suffix(std::uint32_t tag) noexcept {
  std::uint32_t& asked = suffixes_asked_[tag_lists_[tag]];
  if (asked == kMostSuffixesAsked) { return false; }
  ++asked;
  return true;
}

void ListCompiler::add_prefix(const Prefix& prefix, const EntryPlace& place) {
  place.reach == Reach::exact ? note_host(place) : note_destination(place);
  count(&Counts::prefixes, place);
  prefixes_.push_back({prefix, Membership(place.tag, place.effect, place.reach).code(), place.line});
}

std::expected<void, NameError> ListCompiler::add_path(std::string_view host, std::string_view path,
                                                      const EntryPlace& place) {
  NameBuffer buffer;
  auto name = normal_name(host, buffer);
  std::string address_text;
  Reach reach = place.reach;
  if (!name) {
    const auto address = Address::parse(host);
    if (!address || !address->is_ipv4()) { return std::unexpected(name.error()); }
    address_text = address->text();
    name = address_text;
    reach = Reach::exact;
  }
  const auto normal = normal_path_of_entry(path);
  if (!normal) { return std::unexpected(normal.error()); }
  is_too_large_ = is_too_large_ || path_texts_.size() + normal->size() > kMostOctets;
  if (is_too_large_) { return {}; }
  const PackedName packed(*name);
  note_url(place);
  count(&Counts::paths, place);
  paths_.push_back({hash_of_name(*name), keep_packed(packed.octets()), static_cast<std::uint32_t>(path_texts_.size()),
                    static_cast<std::uint32_t>(normal->size()), Membership(place.tag, place.effect, reach).code(),
                    place.line});
  path_texts_ += *normal;
  return {};
}

std::expected<void, std::string> ListCompiler::add_expression(std::string_view expression, const EntryPlace& place) {
  const auto traits = UrlPatterns::inspect(expression, LiteralFilter::kShortest);
  if (!traits) { return std::unexpected(traits.error().message); }
  if (traits->is_for_every_url) { return std::unexpected("an expression that every URL matches"); }
  if (traits->program_size > kMostInstructions) { return std::unexpected("an expression that needs too much memory"); }
  note_url(place);
  count(&Counts::expressions, place);
  expressions_.push_back(
      {std::string(expression), Membership(place.tag, place.effect, Reach::subtree).code(), place.line});
  return {};
}

ListCompiler::Counts ListCompiler::counts(std::string_view list) const {
  const auto found = std::ranges::find(lists_, list);
  return found == lists_.end() ? Counts{} : counts_[static_cast<std::size_t>(found - lists_.begin())];
}

void ListCompiler::sort_names() {
  sort_by_hash(names_, [this](const NameOccurrence& a, const NameOccurrence& b) {
    if (a.hash != b.hash) { return a.hash < b.hash; }
    if (const int order = packed_at(a.name).compare(packed_at(b.name)); order != 0) { return order < 0; }
    return std::tuple(a.member, a.line) < std::tuple(b.member, b.line);
  });
}

void ListCompiler::sort_paths() {
  sort_by_hash(paths_, [this](const PathOccurrence& a, const PathOccurrence& b) {
    if (a.hash != b.hash) { return a.hash < b.hash; }
    if (const int order = packed_at(a.name).compare(packed_at(b.name)); order != 0) { return order < 0; }
    return std::tuple(path_of(a), a.member, a.line) < std::tuple(path_of(b), b.member, b.line);
  });
}

void ListCompiler::sort_prefixes() {
  std::ranges::sort(prefixes_, {}, [](const PrefixEntry& entry) {
    return std::tuple(entry.prefix.address(), entry.prefix.bits(), entry.member, entry.line);
  });
}

void ListCompiler::sort_expressions() {
  std::ranges::sort(expressions_, {}, [](const ExpressionEntry& entry) {
    return std::tuple(std::string_view(entry.text), entry.member, entry.line);
  });
}

void ListCompiler::count(KindCounts Counts::* kind, const EntryPlace& place) {
  if (place.line != 0) { ++(counts_[tag_lists_[place.tag]].*kind).entries; }
}

// Ahead of removals, which are no matter of the sources. Names are told apart by their hashes here: one count of 2^64
// may be wrong, and no answer hangs on it.
void ListCompiler::count_distinct() {
  const auto count = [this](KindCounts Counts::* kind, const auto& entries, auto is_same) {
    const auto list_of = [this](std::uint32_t tag) { return tag_lists_[tag]; };
    for_each_distinct(entries, is_same, list_of, [&](std::uint32_t list) { ++(counts_[list].*kind).distinct; });
  };
  count(&Counts::names, names_, [](const auto& a, const auto& b) { return a.hash == b.hash; });
  count(&Counts::prefixes, prefixes_, [](const auto& a, const auto& b) { return a.prefix == b.prefix; });
  count(&Counts::paths, paths_,
        [this](const auto& a, const auto& b) { return a.hash == b.hash && path_of(a) == path_of(b); });
  count(&Counts::expressions, expressions_, [](const auto& a, const auto& b) { return a.text == b.text; });
}

void ListCompiler::remove_what_is_removed() {
  const auto is_same_name = [this](const auto& a, const auto& b) {
    return a.hash == b.hash && packed_at(a.name) == packed_at(b.name);
  };
  carry_out_removals(names_, is_same_name);
  carry_out_removals(paths_, [&](const PathOccurrence& a, const PathOccurrence& b) {
    return is_same_name(a, b) && path_of(a) == path_of(b);
  });
  carry_out_removals(prefixes_, [](const PrefixEntry& a, const PrefixEntry& b) { return a.prefix == b.prefix; });
  carry_out_removals(expressions_, [](const ExpressionEntry& a, const ExpressionEntry& b) { return a.text == b.text; });
}

// Everything that was said of one name: a stretch of the sorted names, and one of the sorted paths.
struct ListCompiler::Group {
  std::uint64_t hash = 0;
  std::string_view packed;
  std::span<const NameOccurrence> names;
  std::span<const PathOccurrence> paths;
};

// Goes through the sorted occurrences and writes the sections.
class ListCompiler::Writer {
 public:
  explicit Writer(ListCompiler& compiler) : compiler_(compiler), sets_(sections_) {}

  std::expected<Compiled, Error> run(const Origin& origin) {
    Compiled compiled;
    append_tag_count(compiler_.tags_.size(), sections_[Section::tags]);
    for (std::size_t i = 0; i < compiler_.tags_.size(); ++i) {
      append_tag(compiler_.tags_[i], compiler_.traits_[i], sections_[Section::tags]);
    }
    std::size_t count = 0;
    for_each_group([&](const Group&) { ++count; });
    NameTableWriter names(sections_, count);
    for_each_group([&](const Group& group) { write(group, names, compiled); });
    if (!names.finish()) { return std::unexpected(Error::too_large); }
    compiled.covered_prefixes = write_prefixes(compiler_.prefixes_, sets_, sections_);
    compiled.refused = write_expressions(std::move(compiler_.expressions_), sets_, sections_);
    sections_[Section::origin] = origin(compiled);
    if (std::ranges::any_of(sections_.texts, [](const std::string& text) { return text.size() > kMostOctets; })) {
      return std::unexpected(Error::too_large);
    }
    compiled.octets = sections_.file();
    return compiled;
  }

 private:
  template <typename Visit>
  void for_each_group(Visit visit) const {
    std::span<const NameOccurrence> names = compiler_.names_;
    std::span<const PathOccurrence> paths = compiler_.paths_;
    while (!names.empty() || !paths.empty()) {
      Group group = first_group(names, paths);
      group.names = take_stretch(names, group);
      group.paths = take_stretch(paths, group);
      visit(group);
    }
  }

  Group first_group(std::span<const NameOccurrence> names, std::span<const PathOccurrence> paths) const {
    const auto place = [&](const auto& one) { return std::tuple(one.hash, compiler_.packed_at(one.name)); };
    const bool is_name = paths.empty() || (!names.empty() && place(names.front()) <= place(paths.front()));
    if (is_name) { return {names.front().hash, compiler_.packed_at(names.front().name), {}, {}}; }
    return {paths.front().hash, compiler_.packed_at(paths.front().name), {}, {}};
  }

  template <typename Occurrence>
  std::span<const Occurrence> take_stretch(std::span<const Occurrence>& rest, const Group& group) const {
    std::size_t count = 0;
    while (count < rest.size() && rest[count].hash == group.hash &&
           compiler_.packed_at(rest[count].name) == group.packed) {
      ++count;
    }
    const auto stretch = rest.first(count);
    rest = rest.subspan(count);
    return stretch;
  }

  void write(const Group& group, NameTableWriter& names, Compiled& compiled) {
    members_.clear();
    lines_.clear();
    for (const NameOccurrence& one : group.names) {
      if (!members_.empty() && members_.back() == one.member) { continue; }
      members_.push_back(one.member);
      lines_.push_back(one.line);
    }
    if (!group.names.empty()) { ++compiled.distinct_names; }
    std::optional<std::uint32_t> run;
    if (!group.paths.empty()) { run = write_run(group.paths); }
    names.add(group.hash, group.packed, sets_.number_of(members_), run, lines_);
  }

  std::uint32_t write_run(std::span<const PathOccurrence> paths) {
    std::vector<PathEntry> entries;
    entries.reserve(paths.size());
    for (const PathOccurrence& one : paths) { entries.push_back({compiler_.path_of(one), one.member, one.line}); }
    return write_paths(entries, sets_, sections_);
  }

  ListCompiler& compiler_;
  SectionTexts sections_;
  MemberSetsWriter sets_;
  std::vector<std::uint32_t> members_;  // scratch
  std::vector<std::uint32_t> lines_;
};

std::expected<ListCompiler::Compiled, ListCompiler::Error> ListCompiler::finish(std::string_view origin) {
  return finish([&](const Compiled&) { return std::string(origin); });
}

std::expected<ListCompiler::Compiled, ListCompiler::Error> ListCompiler::finish(const Origin& origin) {
  if (is_too_large_) { return std::unexpected(Error::too_large); }
  sort_names();
  sort_paths();
  sort_prefixes();
  sort_expressions();
  count_distinct();
  if (removals_ == Removals::carried_out) { remove_what_is_removed(); }
  return Writer(*this).run(origin);
}

}  // namespace sluice::policy
