#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cache/spans.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// A set of more ranges than these is ignored (RFC 9110 14.2).
inline constexpr std::size_t kMostRanges = 64;

// What a Range field asks of a stored response (RFC 9110 14.2), If-Range taken into account.
struct RangeAnswer {
  enum class Kind : std::uint8_t { whole, partial, unsatisfiable } kind = Kind::whole;
  std::vector<ByteRange> ranges{};  // when partial: those that can be satisfied, as they were asked for

  bool is_one_part() const noexcept { return kind == Kind::partial && ranges.size() == 1; }
};
RangeAnswer evaluate_range(const RequestView& request, const StoredHead& stored);

// The same without If-Range, which the origin server has judged already: of a 206 that it sent.
RangeAnswer resolve_range(const RequestView& request, std::uint64_t length);

// What is asked of the next hop in place of a client's Range.
struct PartToAsk {
  std::string range;                   // value of the Range field
  std::optional<std::uint64_t> first;  // where it begins; nullopt: the last octets, so many as the client asked for
};

// The chunks that hold what the client's Range asks for, and `read_ahead` octets behind it, of a response whose length
// is not known. nullopt: no Range, several, or one that only the origin server can judge.
std::optional<PartToAsk> part_to_ask(const RequestView& request, std::uint64_t chunk, std::uint64_t read_ahead);

// The same to complete a response of known length: from the chunk that holds wanted.first, which is missing, up to what
// is there again. REQUIRES: wanted lies in 0 to length - 1.
ByteRange part_to_complete(const Spans& present, ByteRange wanted, std::uint64_t length, std::uint64_t chunk,
                           std::uint64_t read_ahead);

}  // namespace sluice::cache
