// Content-Range and Range: what is read out of them lies within the content, and says the same when it is written
// again.

#include <cstdlib>

#include "cache/partial_content.hpp"
#include "cache/ranges.hpp"

namespace {

using namespace sluice::cache;

void require(bool holds) {
  if (!holds) { std::abort(); }
}

void check_content_range(std::string_view text) {
  const auto range = parse_content_range(text);
  if (!range) { return; }
  require(range->range.first <= range->range.last && range->range.last < range->complete_length);
  const auto again = parse_content_range(to_text(*range));
  require(again && again->range == range->range && again->complete_length == range->complete_length);
}

void check_range(std::string_view text) {
  constexpr std::uint64_t kLength = 1000;
  const Field field{"Range", text, FieldName::range};
  const RequestView request{"GET", "", Fields(&field, 1)};
  const auto answer = resolve_range(request, kLength);
  const auto part = part_to_ask(request, 16, 4);
  if (answer.kind != RangeAnswer::Kind::partial) { return; }
  std::uint64_t octets = 0;
  for (const auto& range : answer.ranges) {
    require(range.first <= range.last && range.last < kLength);
    octets += range.size();
    const auto missing = part_to_complete({}, range, kLength, 16, 4);
    require(missing.first <= range.first && missing.last >= range.last && missing.last < kLength);
  }
  require(!answer.ranges.empty() && answer.ranges.size() <= kMostRanges && octets <= kLength);
  if (part && part->first) { require(*part->first <= answer.ranges.front().first && *part->first % 16 == 0); }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_content_range(text);
  check_range(text);
  return 0;
}
