#pragma once

#include <span>
#include <vector>

#include "policy/address.hpp"
#include "policy/lists/member_sets.hpp"
#include "policy/lists/sections.hpp"

namespace sluice::policy {

// Prefixes, each once, found by an address: the longest one that holds it, and from there those around it.
//
// Sections: prefixes, in the order of their addresses, one that holds others ahead of them; and the address space cut
// into runs, for IPv4 and for the rest: where each run begins (ascending), and the longest prefix that covers it, its
// number + 1 or 0; for IPv4 both together. Section ipv4_index: how many runs begin ahead of each of 2^n equal parts of
// the IPv4 addresses, and at the end how many there are; with about one run to a part a search there ends at once.
// Thread: any. Cost: one binary search, among few for IPv4.
class PrefixTable {
 public:
  struct Record {
    std::uint32_t set = 0;
    std::uint32_t around = 0;  // the prefix around it, its number + 1; 0 without one
    std::uint32_t lines = 0;   // where those of its set begin in Section::lines
    std::uint32_t bits = 0;    // as of policy::Prefix
  };
  struct Start {  // an address as two numbers
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend auto operator<=>(const Start&, const Start&) = default;
  };

  struct Ipv4Run {
    std::uint32_t start = 0;
    std::uint32_t cover = 0;
  };

  PrefixTable() = default;
  explicit PrefixTable(const Sections& sections) noexcept;

  bool is_empty() const noexcept { return records_.empty(); }
  std::size_t size() const noexcept { return records_.size(); }

  // What find() is going to read, asked for ahead: first the place of the runs, then the runs.
  void prefetch_place(const Address& address) const noexcept;
  void prefetch_runs(const Address& address) const noexcept;

  // Calls `visit(record)` from the longest prefix that holds the address to the shortest.
  template <typename Visit>
  void find(const Address& address, Visit visit) const {
    // Whatever the octets say, each step goes to a prefix further ahead, so that it ends.
    for (std::uint32_t next = cover(address), behind = 0; next != 0 && (behind == 0 || next < behind);) {
      if (next > records_.size()) { return; }
      const Record& record = records_[next - 1];
      visit(record);
      behind = next;
      next = record.around;
    }
  }

 private:
  std::uint32_t cover(const Address& address) const noexcept;
  std::uint32_t ipv4_cover(std::uint32_t address) const noexcept;
  const std::uint32_t* part_of(std::uint32_t address) const noexcept;  // in the index, with one behind it; or null

  std::span<const std::uint32_t> ipv4_index_;
  std::span<const Ipv4Run> ipv4_runs_;
  std::span<const Start> ipv6_starts_;
  std::span<const std::uint32_t> ipv6_covers_;
  std::span<const Record> records_;
};

// A prefix with one of its memberships, as it was read.
struct PrefixEntry {
  Prefix prefix;
  std::uint32_t member = 0;
  std::uint32_t line = 0;
};

// Writes the sections. Prefixes that say nothing that one around them does not say are left out; returns their number.
// REQUIRES: entries by address, bits, member and line.
std::size_t write_prefixes(std::span<const PrefixEntry> entries, MemberSetsWriter& sets, SectionTexts& sections);

}  // namespace sluice::policy
