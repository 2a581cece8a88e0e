#include "cache/purge_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "cache/tags.hpp"

namespace sluice::cache {
namespace {

constexpr std::size_t kScopes = static_cast<std::size_t>(PurgeScope::count_);
constexpr std::array<std::string_view, kScopes> kWords = {"url", "host", "prefix", "tag", "everything"};
constexpr std::size_t kLongestName = 16 << 10;

std::size_t common_size(std::string_view a, std::string_view b) noexcept {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// Every name that `key` begins with, the longest first. Names are sorted, so after one that is no prefix only those can
// be that end where the two part.
template <typename Names, typename Each>
void for_each_prefix(const Names& names, std::string_view key, Each&& each) {
  for (auto bound = key;;) {
    auto place = names.upper_bound(bound);
    if (place == names.begin()) { return; }
    --place;
    const auto common = common_size(key, place->first);
    const bool is_prefix = common == place->first.size();
    if (is_prefix) { each(*place); }
    if (common == 0) { return; }
    bound = key.substr(0, is_prefix ? common - 1 : common);
  }
}

}  // namespace

std::string_view to_string(PurgeScope scope) noexcept {
  const auto index = static_cast<std::size_t>(scope);
  return index < kScopes ? kWords[index] : "url";
}

std::optional<PurgeScope> parse_purge_scope(std::string_view word) noexcept {
  const auto found = std::ranges::find(kWords, word);
  if (found == kWords.end()) { return std::nullopt; }
  return static_cast<PurgeScope>(found - kWords.begin());
}

bool is_purge_name(PurgeScope scope, std::string_view name) noexcept {
  if (name.size() > kLongestName) { return false; }
  if (scope == PurgeScope::everything) { return name.empty(); }
  if (scope == PurgeScope::tag) { return is_tag(name); }
  return !name.empty();
}

std::string_view authority_in_key(std::string_view key) noexcept {
  const auto scheme = key.find("://");
  if (scheme == std::string_view::npos) { return {}; }
  key.remove_prefix(scheme + 3);
  return key.substr(0, key.find_first_of("/?"));
}

std::string_view host_in_key(std::string_view key) noexcept {
  const auto authority = authority_in_key(key);
  if (authority.starts_with('[')) {
    return authority.substr(0, std::min(authority.find(']'), authority.size() - 1) + 1);
  }
  return authority.substr(0, authority.find(':'));
}

void PurgeTable::restore(KeptPurges kept) {
  PurgeChange change{std::move(kept.entries), {}, kept.generation};
  for (const auto& entry : change.put) { change.generation = std::max(change.generation, entry.newest()); }
  apply(change);
}

std::vector<PurgeEntry> PurgeTable::own_entries() const {
  std::vector<PurgeEntry> entries;
  for (std::size_t scope = 0; scope < kScopes; ++scope) {
    for (const auto& [name, marks] : names_[scope]) {
      entries.push_back({static_cast<PurgeScope>(scope), name, marks.soft, marks.soft_time, marks.hard});
    }
  }
  return entries;
}

void PurgeTable::join(KeptPurges kept, const Keep& keep) {
  const std::scoped_lock lock(adding_);
  const auto before = kept.generation;
  std::map<std::pair<PurgeScope, std::string>, PurgeEntry> all;
  for (const auto& old : kept.entries) {
    auto& entry = all.try_emplace({old.scope, old.name}, old).first->second;
    entry.hard = std::max(entry.hard, old.hard);
  }
  for (auto& own : own_entries()) {
    auto& entry = all.try_emplace({own.scope, own.name}, PurgeEntry{own.scope, own.name}).first->second;
    if (own.soft != 0) { std::tie(entry.soft, entry.soft_time) = std::pair(before + own.soft, own.soft_time); }
    if (own.hard != 0) { entry.hard = before + own.hard; }
  }
  PurgeChange change{{}, {}, before + generation()};
  for (auto& [target, entry] : all) { change.put.push_back(std::move(entry)); }
  apply(change);
  std::erase_if(change.put, [](const auto& entry) { return entry.scope == PurgeScope::url; });
  keep(change);
}

std::uint64_t PurgeTable::add(PurgeScope scope, std::string name, bool is_hard, UnixTime now, const Keep& keep) {
  const std::scoped_lock lock(adding_);
  auto change = change_for(scope, name, is_hard, now);
  if (scope == PurgeScope::url) {
    keep({{}, {}, change.generation});
  } else {
    if (scope != PurgeScope::everything) { fold_oldest(change); }
    keep(change);
  }
  apply(change);
  return change.generation;
}

void PurgeTable::forget_up_to(std::uint64_t number, const Keep& keep) {
  const std::scoped_lock lock(adding_);
  PurgeChange change{{}, {}, generation()};
  for (const auto scope : {PurgeScope::host, PurgeScope::prefix, PurgeScope::tag, PurgeScope::everything}) {
    for (const auto& [name, marks] : names(scope)) {
      if (std::max(marks.soft, marks.hard) <= number) { change.remove.push_back({scope, name}); }
    }
  }
  if (change.remove.empty()) { return; }
  keep(change);
  apply(change);
}

// Reads without the lock are fine under `adding_`: only who holds it changes anything.
PurgeChange PurgeTable::change_for(PurgeScope scope, const std::string& name, bool is_hard, UnixTime now) const {
  PurgeChange change;
  change.generation = generation() + 1;
  PurgeEntry entry{scope, name};
  if (const auto known = names(scope).find(name); known != names(scope).end()) {
    entry = {scope, name, known->second.soft, known->second.soft_time, known->second.hard};
  }
  if (is_hard) {
    entry.hard = change.generation;
  } else {
    entry.soft = change.generation;
    entry.soft_time = now;
  }
  change.put.push_back(std::move(entry));
  return change;
}

void PurgeTable::fold_oldest(PurgeChange& change) const {
  if (kept_entries() < most_) { return; }
  std::vector<PurgeEntry> entries;
  for (const auto scope : {PurgeScope::host, PurgeScope::prefix, PurgeScope::tag}) {
    for (const auto& [name, marks] : names(scope)) {
      if (scope == change.put[0].scope && name == change.put[0].name) { continue; }
      entries.push_back({scope, name, marks.soft, marks.soft_time, marks.hard});
    }
  }
  const auto folded = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 4 + 1);
  std::nth_element(entries.begin(), folded - 1, entries.end(),
                   [](const auto& a, const auto& b) { return a.newest() < b.newest(); });
  PurgeEntry all{PurgeScope::everything, ""};
  if (const auto& known = names(PurgeScope::everything); !known.empty()) {
    all = {PurgeScope::everything, "", known.begin()->second.soft, known.begin()->second.soft_time,
           known.begin()->second.hard};
  }
  for (auto entry = entries.begin(); entry != folded; ++entry) {
    if (entry->soft > all.soft) { std::tie(all.soft, all.soft_time) = std::tie(entry->soft, entry->soft_time); }
    all.hard = std::max(all.hard, entry->hard);
    change.remove.push_back({entry->scope, std::move(entry->name)});
  }
  change.put.push_back(std::move(all));
}

std::size_t PurgeTable::kept_entries() const {
  return names(PurgeScope::host).size() + names(PurgeScope::prefix).size() + names(PurgeScope::tag).size();
}

std::size_t PurgeTable::size() const {
  const std::shared_lock lock(mutex_);
  return kept_entries() + names(PurgeScope::everything).size();
}

void PurgeTable::apply(const PurgeChange& change) {
  const std::unique_lock lock(mutex_);
  for (const auto& entry : change.remove) {
    auto& known = names(entry.scope);
    if (const auto place = known.find(entry.name); place != known.end()) { known.erase(place); }
  }
  for (const auto& entry : change.put) {
    const Marks marks{entry.soft, entry.soft_time, entry.hard};
    const bool is_new = names(entry.scope).insert_or_assign(entry.name, marks).second;
    if (is_new && entry.scope == PurgeScope::url) { urls_.push_back(entry.name); }
  }
  while (urls_.size() > kMostUrls) {
    names(PurgeScope::url).erase(urls_.front());
    urls_.pop_front();
  }
  generation_.store(std::max(generation(), change.generation), std::memory_order_release);
}

// REQUIRES: mutex_ is held.
template <typename Each>
void PurgeTable::for_each_entry(const StoredHead& head, Each&& each) const {
  const auto look = [&](PurgeScope scope, std::string_view name) {
    if (const auto found = names(scope).find(name); found != names(scope).end()) { each(scope, *found); }
  };
  look(PurgeScope::everything, "");
  look(PurgeScope::url, head.key);
  if (!names(PurgeScope::host).empty()) {
    const auto authority = authority_in_key(head.key);
    const auto host = host_in_key(head.key);
    look(PurgeScope::host, host);
    if (authority != host) { look(PurgeScope::host, authority); }
  }
  for_each_prefix(names(PurgeScope::prefix), head.key, [&](const auto& found) { each(PurgeScope::prefix, found); });
  if (!names(PurgeScope::tag).empty()) {
    for_each_tag(head.fields.fields(), [&](std::string_view tag) { look(PurgeScope::tag, tag); });
  }
}

PurgeVerdict PurgeTable::judge(const StoredHead& head) const {
  PurgeVerdict verdict;
  if (head.generation >= generation()) { return verdict; }
  const std::shared_lock lock(mutex_);
  for_each_entry(head, [&](PurgeScope, const Names::value_type& entry) {
    const Marks& marks = entry.second;
    if (marks.hard > head.generation) { verdict.is_gone = true; }
    if (marks.soft > head.generation) { verdict.stale_from = std::min(verdict.stale_from, marks.soft_time); }
  });
  return verdict;
}

std::vector<PurgeEntry> PurgeTable::touching(const StoredHead& head) const {
  std::vector<PurgeEntry> found;
  const std::shared_lock lock(mutex_);
  for_each_entry(head, [&](PurgeScope scope, const Names::value_type& entry) {
    const auto& [name, marks] = entry;
    if (std::max(marks.soft, marks.hard) > head.generation) {
      found.push_back({scope, name, marks.soft, marks.soft_time, marks.hard});
    }
  });
  return found;
}

}  // namespace sluice::cache
