#include "policy/lists/list_set.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/lists/name_hash.hpp"
#include "policy/lists/packed_name.hpp"
#include "policy/lists/varint.hpp"

namespace sluice::policy {
namespace {

bool is_digit_octet(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool looks_like_address(std::string_view host) noexcept {
  return !host.empty() && (is_digit_octet(host.back()) || host.find(':') != host.npos);
}

// `www`, `www2`, `web1`, `ftp`: what squidGuard leaves out of a host.
bool is_www(std::string_view label) noexcept {
  if (!label.starts_with("www") && !label.starts_with("web") && !label.starts_with("ftp")) { return false; }
  return std::ranges::all_of(label.substr(3), is_digit_octet);
}

bool reaches(Reach reach, std::size_t labels, bool is_behind_www) noexcept {
  switch (reach) {
    case Reach::subtree:
      return true;
    case Reach::exact:
      return labels == 0;
    case Reach::below:
      return labels > 0;
    case Reach::with_www:
      break;
  }
  return labels == 0 || (labels == 1 && is_behind_www);
}

// Path and query of a URL; nothing for the authority of a CONNECT.
std::string_view path_of(std::string_view url) noexcept {
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos) { return {}; }
  const auto rest = url.substr(scheme + 3);
  const auto path = std::ranges::find_if(rest, [](char c) { return c == '/' || c == '?'; });
  return path == rest.end() ? std::string_view("/") : rest.substr(static_cast<std::size_t>(path - rest.begin()));
}

bool take_text(std::string_view& octets, std::string& text) {
  std::uint32_t size = 0;
  if (!take_varint(octets, size) || size > octets.size()) { return false; }
  text = octets.substr(0, size);
  octets.remove_prefix(size);
  return true;
}

}  // namespace

void append_tag_count(std::size_t count, std::string& out) {
  append_varint(static_cast<std::uint32_t>(count), out);
}

void append_tag(const ListTag& tag, const TagTraits& traits, std::string& out) {
  const std::array<bool, 7> bits{tag.is_exception_final,     traits.has_hosts,
                                 traits.has_destinations,    traits.has_urls,
                                 traits.has_host_exceptions, traits.has_destination_exceptions,
                                 traits.has_url_exceptions};
  unsigned octet = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) { octet |= (bits[i] ? 1U : 0U) << i; }
  out += static_cast<char>(octet);
  for (const std::string& text : {tag.list, tag.category}) {
    append_varint(static_cast<std::uint32_t>(text.size()), out);
    out += text;
  }
}

std::expected<std::shared_ptr<const ListSet>, OpenError> ListSet::open(std::string_view octets,
                                                                       std::shared_ptr<const void> owner) {
  const auto sections = Sections::open(octets);
  if (!sections) { return std::unexpected(sections.error()); }
  const std::shared_ptr<ListSet> set(new ListSet(*sections, octets.size(), std::move(owner)));
  if (!set->read_tags() || !set->expressions_.is_good()) { return std::unexpected(OpenError::damaged); }
  return set;
}

ListSet::ListSet(Sections sections, std::size_t size, std::shared_ptr<const void> owner)
    : sections_(sections),
      size_(size),
      owner_(std::move(owner)),
      sets_(sections_),
      names_(sections_),
      paths_(sections_),
      prefixes_(sections_),
      expressions_(sections_) {}

bool ListSet::read_tags() {
  std::string_view octets = sections_[Section::tags];
  std::uint32_t count = 0;
  if (!take_varint(octets, count) || count > kMostTags) { return false; }
  for (; count > 0; --count) {
    if (octets.empty()) { return false; }
    const auto bits = static_cast<unsigned char>(octets.front());
    const auto has = [&](unsigned bit) { return (bits >> bit & 1) != 0; };
    ListTag tag{.list = {}, .category = {}, .is_exception_final = has(0)};
    octets.remove_prefix(1);
    if (!take_text(octets, tag.list) || !take_text(octets, tag.category)) { return false; }
    tags_.push_back(std::move(tag));
    traits_.push_back({has(1), has(2), has(3), has(4), has(5), has(6)});
  }
  return true;
}

void ListSet::find_host(std::string_view host, ListHits& found) const {
  if (host.empty() || host.size() > kLongestName) { return; }
  if (!looks_like_address(host)) { return find_names(host, found); }
  const auto address = Address::parse(host);
  if (!address) { return; }
  find_address(*address, true, found);
  if (!address->is_ipv4()) { return; }
  // Paths below an address.
  const NameTable::Key key{.name = PackedName(host), .hash = hash_of_name(host)};
  if (const auto entry = names_.find(key)) { add_name(*entry, host, 0, found); }
}

// What is read of several names is fetched at the same time, from memory that is likely far.
void ListSet::find_names(std::string_view host, ListHits& found) const {
  const NamesUp names(host);
  for (std::size_t i = 0; i < names.count(); ++i) { names_.filter().prefetch(names.hash(i)); }
  std::array<std::uint8_t, NamesUp::kMost> possible;
  std::size_t count = 0;
  for (std::size_t i = names.count(); i-- > 0;) {
    if (!names_.filter().may_have(names.hash(i))) { continue; }
    names_.prefetch_place(names.hash(i));
    possible[count++] = static_cast<std::uint8_t>(i);
  }
  if (count == 0 || !PackedName::can_hold(host)) { return; }
  for (std::size_t i = 0; i < count; ++i) { names_.prefetch_bucket(names.hash(possible[i])); }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t start = names.start(possible[i]);
    const NameTable::Key key{.name = PackedName(host.substr(start)), .hash = names.hash(possible[i])};
    if (const auto entry = names_.find(key)) { add_name(*entry, host, start, found); }
  }
}

void ListSet::add_name(const NameTable::Entry& entry, std::string_view host, std::size_t at, ListHits& found) const {
  const std::string_view front = host.substr(0, at == 0 ? 0 : at - 1);
  const auto labels = at == 0 ? std::size_t{0} : 1 + static_cast<std::size_t>(std::ranges::count(front, '.'));
  const bool is_behind_www = labels == 1 && is_www(front);
  ListHit hit{.set = this, .kind = ListHit::Kind::name, .name_size = static_cast<std::uint32_t>(host.size() - at)};
  hit.entry = entry;
  for (const Membership member : sets_[entry.set]) {
    hit.membership = member;
    if (reaches(member.reach(), labels, is_behind_www)) { found.hits.push_back(hit); }
    ++hit.member;
  }
  if (entry.run) {
    found.paths.push_back({this, entry, hit.name_size, static_cast<std::uint32_t>(labels), is_behind_www});
  }
}

void ListSet::find_destination(const Address& address, ListHits& found) const {
  find_address(address, false, found);
}

void ListSet::find_address(const Address& address, bool is_host, ListHits& found) const {
  prefixes_.find(address, [&](const PrefixTable::Record& record) {
    ListHit hit{.set = this, .kind = ListHit::Kind::prefix, .record = record.lines, .extent = record.bits};
    hit.address = address;
    for (const Membership member : sets_[record.set]) {
      hit.membership = member;
      const bool is_about_hosts = member.reach() == Reach::exact;
      if (is_about_hosts == is_host) { found.hits.push_back(hit); }
      ++hit.member;
    }
  });
}

void ListSet::find_url(std::string_view url, std::string_view lower, ListHits& found) const {
  const std::string_view path = found.paths.empty() ? std::string_view() : path_of(lower);
  for (const ListHits::Paths& below : found.paths) {
    if (below.set != this || path.empty()) { continue; }
    paths_.find(*below.entry.run, path, [&](std::uint32_t number) {
      ListHit hit{.set = this,
                  .kind = ListHit::Kind::path,
                  .record = number,
                  .name_size = below.name_size,
                  .extent = paths_.record(number)->size};
      hit.entry = below.entry;
      for (const Membership member : sets_[paths_.record(number)->set]) {
        hit.membership = member;
        if (reaches(member.reach(), below.labels, below.is_www)) { found.hits.push_back(hit); }
        ++hit.member;
      }
    });
  }
  found.expressions.clear();
  expressions_.find(url, lower, found.expressions);
  for (const std::uint32_t number : found.expressions) {
    add_members({.set = this, .kind = ListHit::Kind::expression, .record = number, .extent = number},
                expressions_.record(number).set, found);
  }
}

void ListSet::add_members(ListHit hit, std::uint32_t set, ListHits& found) const {
  for (const Membership member : sets_[set]) {
    hit.membership = member;
    found.hits.push_back(hit);
    ++hit.member;
  }
}

std::uint32_t ListSet::line_of(const ListHit& hit) const noexcept {
  std::size_t at = hit.member;
  switch (hit.kind) {
    case ListHit::Kind::name:
      return names_.line(hit.entry, hit.member, sets_);
    case ListHit::Kind::prefix:
      at += hit.record;
      break;
    case ListHit::Kind::path:
      at += paths_.record(hit.record)->lines;
      break;
    case ListHit::Kind::expression:
      at += expressions_.record(hit.record).lines;
      break;
  }
  const auto lines = sections_.records<std::uint32_t>(Section::lines);
  return at < lines.size() ? lines[at] : 0;
}

std::string ListSet::entry_text(const ListHit& hit) const {
  switch (hit.kind) {
    case ListHit::Kind::name:
      return names_.name(hit.entry);
    case ListHit::Kind::prefix:
      return Prefix(hit.address, static_cast<int>(std::min<std::uint32_t>(hit.extent, 128))).text();
    case ListHit::Kind::path:
      return names_.name(hit.entry) + std::string(paths_.text(*paths_.record(hit.record)));
    case ListHit::Kind::expression:
      break;
  }
  return std::string(expressions_.text(expressions_.record(hit.record)));
}

ListEntryText ListSet::describe(const ListHit& hit) const {
  const std::uint32_t tag = hit.membership.tag();
  ListEntryText text{.list = {}, .category = {}, .entry = entry_text(hit), .line = line_of(hit)};
  if (tag < tags_.size()) {
    text.list = tags_[tag].list;
    text.category = tags_[tag].category;
  }
  return text;
}

ListSet::Sizes ListSet::sizes() const noexcept {
  return {size_, prefixes_.size(), paths_.size(), expressions_.size()};
}

}  // namespace sluice::policy
