#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cache/spans.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// What a Range field asks of a stored whole response (RFC 9110 14.2), If-Range taken into account.
struct RangeAnswer {
  enum class Kind : std::uint8_t { whole, partial, unsatisfiable } kind = Kind::whole;
  ByteRange range;  // when partial. More than one range asked: the whole is sent.
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
