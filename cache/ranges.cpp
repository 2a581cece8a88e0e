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

// The only member of a range set; "" when there is none or there are more.
std::string_view only_member(std::string_view set) {
  std::string_view only;
  int count = 0;
  for_each_member(set, [&](std::string_view member) {
    only = member;
    ++count;
  });
  return count == 1 ? only : std::string_view{};
}

bool is_number(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::uint64_t saturating(std::string_view digits) noexcept {
  return parse_count(digits).value_or(UINT64_MAX);
}

// RFC 9110 14.1.2: "A client can request the last N bytes (N > 0) of the selected representation using a suffix-range."
// "If the selected representation is shorter than the specified suffix-length, the entire representation is used."
RangeAnswer suffix_range(std::string_view digits, std::uint64_t size) {
  const auto length = std::min(saturating(digits), size);
  if (saturating(digits) == 0) { return {Kind::unsatisfiable, {}}; }
  // Of nothing the last octets are nothing, and no Content-Range can say so.
  if (size == 0) { return {Kind::whole, {}}; }
  return {Kind::partial, {size - length, size - 1}};
}

RangeAnswer int_range(std::string_view first, std::string_view last, std::uint64_t size) {
  // RFC 9110 14.1.1: "An int-range is invalid if the last-pos value is present and less than first-pos."
  if (!last.empty() && saturating(last) < saturating(first)) { return {}; }
  // RFC 9110 14.1.2: an int-range is satisfiable if "its first-pos is less than the current length".
  if (saturating(first) >= size) { return {Kind::unsatisfiable, {}}; }
  // "or if the value is greater than or equal to the current length of the representation data", last-pos is the end.
  const auto end = last.empty() ? size - 1 : std::min(saturating(last), size - 1);
  return {Kind::partial, {saturating(first), end}};
}

// `first-last`, `first-` or `-length`: the texts in front of the dash and behind it.
struct RangeSpec {
  std::string_view first;
  std::string_view last;
};

// The only member of a well-formed byte range set; nullopt: to be ignored.
std::optional<RangeSpec> only_spec(std::string_view value) {
  const auto equals = value.find('=');
  // RFC 9110 14.2: "A server MAY ignore"; "An origin server MUST ignore a Range header field that contains a range unit
  // it does not understand."
  if (equals == std::string_view::npos || !equals_ignoring_case(value.substr(0, equals), "bytes")) {
    return std::nullopt;
  }
  const auto member = only_member(value.substr(equals + 1));
  const auto dash = member.find('-');
  if (dash == std::string_view::npos) { return std::nullopt; }
  const RangeSpec spec{member.substr(0, dash), member.substr(dash + 1)};
  const bool is_suffix = spec.first.empty() && is_number(spec.last);
  const bool is_int_range = is_number(spec.first) && (spec.last.empty() || is_number(spec.last));
  return is_suffix || is_int_range ? std::optional(spec) : std::nullopt;
}

RangeAnswer parse_range(std::string_view value, std::uint64_t size) {
  const auto spec = only_spec(value);
  if (!spec) { return {}; }
  return spec->first.empty() ? suffix_range(spec->last, size) : int_range(spec->first, spec->last, size);
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
  const auto spec = only_spec(range->value);
  if (!spec) { return std::nullopt; }
  if (spec->first.empty()) { return PartToAsk{std::string(range->value), std::nullopt}; }
  const auto first = parse_count(spec->first);
  if (!first || (!spec->last.empty() && saturating(spec->last) < *first)) { return std::nullopt; }
  const auto from = *first - *first % chunk;
  std::string text = "bytes=" + std::to_string(from) + "-";
  const auto last = saturating(spec->last);
  const bool is_open = spec->last.empty() || last > UINT64_MAX / 2;
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
