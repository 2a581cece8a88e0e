#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::cache {

// Octets `first` to `last` of a content, both included (RFC 9110 14.1.2).
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t size() const noexcept { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// What is there of a content: byte ranges in order, none overlapping or touching the next.
// Cost: logarithmic to ask, linear to add.
class Spans {
 public:
  Spans() = default;
  explicit Spans(ByteRange range) : ranges_{range} {}

  const std::vector<ByteRange>& ranges() const noexcept { return ranges_; }
  bool empty() const noexcept { return ranges_.empty(); }
  std::uint64_t octets() const noexcept;

  void add(ByteRange range);

  // The part of `within` that is there from its first octet on without a gap; nullopt when that octet is missing.
  std::optional<ByteRange> run_at_front(ByteRange within) const noexcept;
  // The first run of missing octets in `within`; nullopt when all are there.
  std::optional<ByteRange> first_gap(ByteRange within) const noexcept;
  bool covers(ByteRange range) const noexcept { return !first_gap(range); }
  // How many octets are there ahead of `offset`.
  std::uint64_t octets_ahead_of(std::uint64_t offset) const noexcept;

  friend bool operator==(const Spans&, const Spans&) = default;

 private:
  // The first range that ends at `offset` or behind it.
  std::vector<ByteRange>::const_iterator reaching(std::uint64_t offset) const noexcept;

  std::vector<ByteRange> ranges_;
};

}  // namespace sluice::cache
