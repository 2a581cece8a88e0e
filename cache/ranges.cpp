#include "cache/ranges.hpp"

#include <algorithm>

#include "cache/http_date.hpp"
#include "cache/stored_validators.hpp"
#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

using Kind = RangeAnswer::Kind;

bool has_several(Fields fields, FieldName id) noexcept {
  return std::count_if(fields.begin(), fields.end(), [id](const Field& field) { return field.id == id; }) > 1;
}

bool is_number(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::uint64_t saturating(std::string_view digits) noexcept {
  return parse_count(digits).value_or(UINT64_MAX);
}

// RFC 9110 14.1.2: "A client can request the last N bytes (N > 0) of the selected representation using a suffix-range."
// "If the selected representation is shorter than the specified suffix-length, the entire representation is used."
std::optional<ByteRange> suffix_range(std::string_view digits, std::uint64_t size) {
  const auto length = std::min(saturating(digits), size);
  if (length == 0) { return std::nullopt; }
  return ByteRange{size - length, size - 1};
}

std::optional<ByteRange> int_range(std::string_view first, std::string_view last, std::uint64_t size) {
  // RFC 9110 14.1.2: an int-range is satisfiable if "its first-pos is less than the current length".
  if (saturating(first) >= size) { return std::nullopt; }
  // "or if the value is greater than or equal to the current length of the representation data", last-pos is the end.
  const auto end = last.empty() ? size - 1 : std::min(saturating(last), size - 1);
  return ByteRange{saturating(first), end};
}

// `first-last`, `first-` or `-length`: the texts in front of the dash and behind it.
struct RangeSpec {
  std::string_view first;
  std::string_view last;
};

std::optional<RangeSpec> parse_spec(std::string_view member) {
  const auto dash = member.find('-');
  if (dash == std::string_view::npos) { return std::nullopt; }
  const RangeSpec spec{member.substr(0, dash), member.substr(dash + 1)};
  if (spec.first.empty()) { return is_number(spec.last) ? std::optional(spec) : std::nullopt; }
  if (!is_number(spec.first) || !(spec.last.empty() || is_number(spec.last))) { return std::nullopt; }
  // RFC 9110 14.1.1: "An int-range is invalid if the last-pos value is present and less than first-pos."
  const bool is_backwards = !spec.last.empty() && saturating(spec.last) < saturating(spec.first);
  return is_backwards ? std::nullopt : std::optional(spec);
}

// The members of a set of byte ranges; none when it is to be ignored. RFC 9110 14.2: "A server MAY ignore"; "An origin
// server MUST ignore a Range header field that contains a range unit it does not understand"; "A server that supports
// range requests MAY ignore or reject a Range header field that contains an invalid ranges-specifier", "more than two
// overlapping ranges", or "a set of many small ranges".
std::vector<RangeSpec> parse_set(std::string_view value) {
  const auto equals = value.find('=');
  if (equals == std::string_view::npos || !equals_ignoring_case(value.substr(0, equals), "bytes")) { return {}; }
  std::vector<RangeSpec> specs;
  bool is_valid = true;
  for_each_member(value.substr(equals + 1), [&](std::string_view member) {
    const auto spec = parse_spec(member);
    is_valid = is_valid && spec && specs.size() < kMostRanges;
    if (is_valid) { specs.push_back(*spec); }
  });
  return is_valid ? std::move(specs) : std::vector<RangeSpec>{};
}

RangeAnswer parse_range(std::string_view value, std::uint64_t size) {
  const auto specs = parse_set(value);
  if (specs.empty()) { return {}; }
  RangeAnswer answer{Kind::partial, {}};
  std::uint64_t octets = 0;
  for (const auto& spec : specs) {
    // Of nothing the last octets are nothing, and no Content-Range can say so.
    if (size == 0 && spec.first.empty() && saturating(spec.last) > 0) { return {}; }
    const auto range = spec.first.empty() ? suffix_range(spec.last, size) : int_range(spec.first, spec.last, size);
    if (!range) { continue; }
    answer.ranges.push_back(*range);
    octets += range->size();
  }
  if (answer.ranges.empty()) { return {Kind::unsatisfiable, {}}; }
  // Ranges that overlap so much that the whole is less are ignored: no request makes us send more than that.
  return octets > size ? RangeAnswer{} : answer;
}

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) noexcept {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// The last octet of the chunk that holds `offset`.
std::uint64_t end_of_chunk(std::uint64_t offset, std::uint64_t chunk) noexcept {
  return saturating_sum(offset - offset % chunk, chunk - 1);
}

// RFC 9110 13.1.5: an entity tag is compared by "the strong comparison function"; a date must be "an exact match" and
// "a strong validator in the sense defined by Section 8.8.2.2"; otherwise "the condition is false".
bool if_range_holds(Fields request, const StoredHead& stored) {
  const auto* field = find(request, FieldName::if_range);
  if (field == nullptr) { return true; }
  if (has_several(request, FieldName::if_range)) { return false; }
  if (const auto theirs = parse_entity_tag(field->value)) {
    const auto ours = stored_entity_tag(stored);
    return ours && matches_strongly(*theirs, *ours);
  }
  const auto date = parse_http_date(field->value, stored.response_time);
  return date && date == strong_modification_time(stored);
}

}  // namespace

RangeAnswer evaluate_range(const RequestView& request, const StoredHead& stored) {
  const auto* range = find(request.fields, FieldName::range);
  if (range == nullptr) { return {}; }
  // RFC 9110 14.2: "A server MUST ignore a Range header field received with a request method that is unrecognized or
  // for which range handling is not defined. For this specification, GET is the only method for which range handling is
  // defined."
  if (request.method != "GET" || stored.status != 200) { return {}; }
  // RFC 9110 14.2: If-Range is evaluated "after evaluating" the other preconditions and before Range.
  if (!if_range_holds(request.fields, stored)) { return {}; }
  return resolve_range(request, stored.content_length);
}

RangeAnswer resolve_range(const RequestView& request, std::uint64_t length) {
  const auto* range = find(request.fields, FieldName::range);
  if (range == nullptr || has_several(request.fields, FieldName::range)) { return {}; }
  return parse_range(range->value, length);
}

std::optional<PartToAsk> part_to_ask(const RequestView& request, std::uint64_t chunk, std::uint64_t read_ahead) {
  const auto* range = find(request.fields, FieldName::range);
  if (range == nullptr || request.method != "GET" || has_several(request.fields, FieldName::range)) {
    return std::nullopt;
  }
  const auto specs = parse_set(range->value);
  if (specs.size() != 1) { return std::nullopt; }
  const auto& spec = specs.front();
  if (spec.first.empty()) { return PartToAsk{std::string(range->value), std::nullopt}; }
  const auto first = parse_count(spec.first);
  if (!first) { return std::nullopt; }
  const auto from = *first - *first % chunk;
  std::string text = "bytes=" + std::to_string(from) + "-";
  const auto last = saturating(spec.last);
  const bool is_open = spec.last.empty() || last > UINT64_MAX / 2;
  if (!is_open) { text += std::to_string(end_of_chunk(saturating_sum(last, read_ahead), chunk)); }
  return PartToAsk{std::move(text), from};
}

ByteRange part_to_complete(const Spans& present, ByteRange wanted, std::uint64_t length, std::uint64_t chunk,
                           std::uint64_t read_ahead) {
  const auto from = wanted.first - wanted.first % chunk;
  const auto to = std::min(end_of_chunk(saturating_sum(wanted.last, read_ahead), chunk), length - 1);
  const auto gap = present.first_gap({wanted.first, to});
  ByteRange missing{from, gap ? gap->last : to};
  for (const auto& held : present.ranges()) {
    if (held.last < wanted.first) { missing.first = std::max(missing.first, held.last + 1); }
  }
  return missing;
}

}  // namespace sluice::cache
