#include "policy/lists/prefix_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

namespace sluice::policy {
namespace {

using Start = PrefixTable::Start;

constexpr std::size_t kMostParts = 1 << 20;  // of the index of IPv4 addresses
constexpr Start kFirstIpv4{0, 0xffff'0000'0000};
constexpr Start kLastIpv4{0, 0xffff'ffff'ffff};

Start start_of(const Address& address) noexcept {
  Start start;
  std::memcpy(&start.high, address.octets().data(), 8);
  std::memcpy(&start.low, address.octets().data() + 8, 8);
  return {std::byteswap(start.high), std::byteswap(start.low)};
}

std::uint32_t ipv4_number(const Address& address) noexcept {
  return static_cast<std::uint32_t>(start_of(address).low);
}

Start last_of(const Prefix& prefix) noexcept {
  Start last = start_of(prefix.address());
  const int bits = prefix.bits();
  if (bits < 64) { last.high |= ~std::uint64_t{0} >> bits; }
  if (bits <= 64) { last.low = ~std::uint64_t{0}; }
  if (bits > 64 && bits < 128) { last.low |= ~std::uint64_t{0} >> (bits - 64); }
  return last;
}

// Nothing behind the very last address.
std::optional<Start> behind(Start start) noexcept {
  if (++start.low != 0) { return start; }
  if (++start.high != 0) { return start; }
  return std::nullopt;
}

// The run that holds `key`: the last one that does not begin behind it.
template <typename Key>
std::uint32_t cover_of(std::span<const Key> starts, std::span<const std::uint32_t> covers, const Key& key) noexcept {
  const std::size_t count = std::min(starts.size(), covers.size());
  const auto after = std::upper_bound(starts.begin(), starts.begin() + static_cast<std::ptrdiff_t>(count), key);
  if (after == starts.begin()) { return 0; }
  return covers[static_cast<std::size_t>(after - starts.begin() - 1)];
}

struct Run {
  Start first;
  std::uint32_t cover = 0;
};

// Prefixes nest or are apart, so a stack of those around the current place is enough.
class PrefixWriter {
 public:
  PrefixWriter(MemberSetsWriter& sets, SectionTexts& sections) : sets_(sets), sections_(sections) {}

  std::size_t run(std::span<const PrefixEntry> entries) {
    for (auto begin = entries.begin(); begin != entries.end();) {
      const auto end =
          std::find_if(begin, entries.end(), [&](const PrefixEntry& entry) { return entry.prefix != begin->prefix; });
      add(std::span(begin, end));
      begin = end;
    }
    while (!open_.empty()) { close(); }
    write_runs();
    return left_out_;
  }

 private:
  struct Open {
    Start last;
    std::uint32_t number = 0;  // + 1
    std::vector<std::uint32_t> members;
  };

  void add(std::span<const PrefixEntry> entries) {
    const Prefix& prefix = entries.front().prefix;
    const Start first = start_of(prefix.address());
    while (!open_.empty() && open_.back().last < first) { close(); }
    std::vector<std::uint32_t> members;
    std::vector<std::uint32_t> lines;
    for (const PrefixEntry& entry : entries) {
      if (!members.empty() && members.back() == entry.member) { continue; }
      members.push_back(entry.member);
      lines.push_back(entry.line);
    }
    if (std::ranges::all_of(members, [&](std::uint32_t member) { return is_said_around(member); })) {
      ++left_out_;
      return;
    }
    PrefixTable::Record record{.set = sets_.number_of(members),
                               .around = open_.empty() ? 0 : open_.back().number,
                               .bits = static_cast<std::uint32_t>(prefix.bits())};
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::uint32_t at = sections_.append(Section::lines, lines[i]);
      if (i == 0) { record.lines = at; }
    }
    const std::uint32_t number = sections_.append(Section::prefixes, record) + 1;
    append_run(first, number);
    open_.push_back({last_of(prefix), number, std::move(members)});
  }

  // An exception or a removal further out or further in makes a difference: such prefixes are all kept.
  bool is_said_around(std::uint32_t member) const {
    if (Membership(member).effect() != Effect::holds) { return false; }
    bool is_said = false;
    for (const Open& around : open_) {
      for (const std::uint32_t other : around.members) {
        if (other == member) { is_said = true; }
        if (Membership(other).effect() != Effect::holds) { return false; }
      }
    }
    return is_said;
  }

  void close() {
    const auto next = behind(open_.back().last);
    open_.pop_back();
    if (next) { append_run(*next, open_.empty() ? 0 : open_.back().number); }
  }

  void append_run(const Start& first, std::uint32_t cover) {
    if (!runs_.empty() && runs_.back().first == first) {
      runs_.back().cover = cover;
    } else {
      runs_.push_back({first, cover});
    }
  }

  void write_ipv4(std::uint64_t low, std::uint32_t cover) {
    sections_.append(Section::ipv4_runs, PrefixTable::Ipv4Run{static_cast<std::uint32_t>(low), cover});
    ipv4_starts_.push_back(static_cast<std::uint32_t>(low));
  }

  void write_ipv6(const Start& first, std::uint32_t cover) {
    sections_.append(Section::ipv6_starts, first);
    sections_.append(Section::ipv6_covers, cover);
  }

  // A run that begins ahead of the IPv4 addresses and reaches into them, or begins in them and reaches out, is cut.
  void write_runs() {
    std::uint32_t into_ipv4 = 0;
    std::uint32_t out_of_ipv4 = 0;
    for (const Run& run : runs_) {
      if (run.first < kFirstIpv4) { into_ipv4 = run.cover; }
      if (run.first <= kLastIpv4) { out_of_ipv4 = run.cover; }
    }
    write_ipv4(kFirstIpv4.low, into_ipv4);
    bool is_behind = false;
    for (const Run& run : runs_) {
      const bool is_ipv4 = run.first >= kFirstIpv4 && run.first <= kLastIpv4;
      if (is_ipv4) {
        write_ipv4(run.first.low, run.cover);
        continue;
      }
      if (run.first > kLastIpv4 && !is_behind) {
        is_behind = true;
        write_ipv6(*behind(kLastIpv4), out_of_ipv4);
      }
      write_ipv6(run.first, run.cover);
    }
    if (!is_behind) { write_ipv6(*behind(kLastIpv4), out_of_ipv4); }
    write_ipv4_index();
  }

  void write_ipv4_index() {
    const auto& starts = ipv4_starts_;
    const std::size_t parts = std::min(std::bit_floor(starts.size()), kMostParts);
    std::uint32_t count = 0;
    for (std::size_t part = 0; part < parts; ++part) {
      const std::uint64_t begin = (std::uint64_t{part} << 32) / parts;
      while (count < starts.size() && starts[count] < begin) { ++count; }
      sections_.append(Section::ipv4_index, count);
    }
    sections_.append(Section::ipv4_index, static_cast<std::uint32_t>(starts.size()));
  }

  MemberSetsWriter& sets_;
  SectionTexts& sections_;
  std::vector<Open> open_;
  std::vector<Run> runs_;
  std::vector<std::uint32_t> ipv4_starts_;
  std::size_t left_out_ = 0;
};

}  // namespace

PrefixTable::PrefixTable(const Sections& sections) noexcept
    : ipv4_index_(sections.records<std::uint32_t>(Section::ipv4_index)),
      ipv4_runs_(sections.records<Ipv4Run>(Section::ipv4_runs)),
      ipv6_starts_(sections.records<Start>(Section::ipv6_starts)),
      ipv6_covers_(sections.records<std::uint32_t>(Section::ipv6_covers)),
      records_(sections.records<Record>(Section::prefixes)) {}

const std::uint32_t* PrefixTable::part_of(std::uint32_t address) const noexcept {
  const std::size_t parts = ipv4_index_.empty() ? 0 : ipv4_index_.size() - 1;
  return std::has_single_bit(parts) ? &ipv4_index_[std::uint64_t{address} * parts >> 32] : nullptr;
}

std::uint32_t PrefixTable::ipv4_cover(std::uint32_t address) const noexcept {
  const std::uint32_t* const part = part_of(address);
  if (part == nullptr || part[0] > part[1] || part[1] > ipv4_runs_.size()) { return 0; }
  const auto first = ipv4_runs_.begin() + part[0];
  const auto after = std::upper_bound(first, ipv4_runs_.begin() + part[1], address,
                                      [](std::uint32_t key, const Ipv4Run& run) { return key < run.start; });
  return after == ipv4_runs_.begin() ? 0 : std::prev(after)->cover;
}

void PrefixTable::prefetch_place(const Address& address) const noexcept {
  if (!address.is_ipv4()) { return; }
  __builtin_prefetch(part_of(ipv4_number(address)));
}

void PrefixTable::prefetch_runs(const Address& address) const noexcept {
  const std::uint32_t* const part = address.is_ipv4() ? part_of(ipv4_number(address)) : nullptr;
  if (part == nullptr || part[0] == 0 || part[0] >= ipv4_runs_.size()) { return; }
  __builtin_prefetch(&ipv4_runs_[part[0] - 1]);
  __builtin_prefetch(&ipv4_runs_[part[0]]);
}

std::uint32_t PrefixTable::cover(const Address& address) const noexcept {
  if (address.is_ipv4()) { return ipv4_cover(ipv4_number(address)); }
  return cover_of(ipv6_starts_, ipv6_covers_, start_of(address));
}

std::size_t write_prefixes(std::span<const PrefixEntry> entries, MemberSetsWriter& sets, SectionTexts& sections) {
  return PrefixWriter(sets, sections).run(entries);
}

}  // namespace sluice::policy
