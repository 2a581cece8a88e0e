#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cache/stored_response.hpp"

namespace sluice::cache {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
  std::uint64_t size() const noexcept { return last - first + 1; }
};

// What a Range field asks of a stored whole response (RFC 9110 14.2), If-Range taken into account.
struct RangeAnswer {
  enum class Kind : std::uint8_t { whole, partial, unsatisfiable } kind = Kind::whole;
  ByteRange range;  // when partial. More than one range asked: the whole is sent.
};
RangeAnswer evaluate_range(const RequestView& request, const StoredHead& stored);

}  // namespace sluice::cache
