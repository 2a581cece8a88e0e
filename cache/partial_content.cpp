#include "cache/partial_content.hpp"

#include <algorithm>
#include <cstring>

#include "cache/cacheability.hpp"
#include "cache/ranges.hpp"
#include "cache/stored_validators.hpp"
#include "cache/syntax.hpp"
#include "cache/validation.hpp"

namespace sluice::cache {
namespace {

// The 206 as the 200 that it is a part of.
OwnedFields fields_of_the_whole(Fields fields, std::uint64_t complete_length) {
  const auto length = std::to_string(complete_length);
  std::vector<Field> kept;
  kept.reserve(fields.size() + 1);
  for (const auto& field : fields) {
    if (field.id != FieldName::content_range && field.id != FieldName::content_length) { kept.push_back(field); }
  }
  kept.push_back({spelling(FieldName::content_length), length, FieldName::content_length});
  return OwnedFields(kept);
}

bool is_multipart(Fields fields) noexcept {
  constexpr std::string_view kMultipart = "multipart/byteranges";
  const auto* type = find(fields, FieldName::content_type);
  return type != nullptr && equals_ignoring_case(type->value.substr(0, kMultipart.size()), kMultipart);
}

ByteRange all_of(const StoredHead& head) noexcept {
  return {0, head.content_length - 1};
}

void append_content(const StoredResponse& response, ByteRange range, std::vector<Segment>& out) {
  while (range.first <= range.last) {
    auto piece = response.resident_piece(range.first);
    if (piece.size == 0) { return; }
    piece.size = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size, range.size()));
    range.first += piece.size;
    out.push_back(std::move(piece));
  }
}

// The same for a response that keeps it: what is cut out of a segment is copied, because the rest of that would be kept
// with it, and not be counted.
void append_kept(const StoredResponse& response, ByteRange range, std::vector<Segment>& out) {
  const auto is_segment = [&](const Segment& piece) {
    return std::ranges::any_of(response.segments, [&](const Segment& segment) {
      return segment.data == piece.data && segment.size == piece.size;
    });
  };
  for (auto& piece : content_of(response, range)) {
    if (!is_segment(piece)) {
      auto octets = std::make_shared_for_overwrite<char[]>(piece.size);
      std::memcpy(octets.get(), piece.data, piece.size);
      piece.data = octets.get();
      piece.owner = std::move(octets);
    }
    out.push_back(std::move(piece));
  }
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) noexcept {
  constexpr std::string_view kUnit = "bytes ";
  if (!equals_ignoring_case(value.substr(0, kUnit.size()), kUnit)) { return std::nullopt; }
  value.remove_prefix(kUnit.size());
  const auto dash = value.find('-');
  const auto slash = value.find('/');
  if (dash == value.npos || slash == value.npos || slash < dash) { return std::nullopt; }
  const auto first = parse_count(value.substr(0, dash));
  const auto last = parse_count(value.substr(dash + 1, slash - dash - 1));
  const auto complete = parse_count(value.substr(slash + 1));
  // RFC 9110 14.4: "A Content-Range field value is invalid if it contains a range-resp that has a last-pos value less
  // than its first-pos value, or a complete-length value less than or equal to its last-pos value. The recipient of an
  // invalid Content-Range MUST NOT attempt to recombine the received content with a stored representation."
  if (!first || !last || !complete || *last < *first || *complete <= *last) { return std::nullopt; }
  return ContentRange{{*first, *last}, *complete};
}

std::string to_text(const ContentRange& range) {
  return "bytes " + std::to_string(range.range.first) + "-" + std::to_string(range.range.last) + "/" +
         std::to_string(range.complete_length);
}

std::optional<ContentRange> part_of(const ResponseView& response) noexcept {
  if (response.status != 206 || is_multipart(response.fields)) { return std::nullopt; }
  const auto is_range = [](const Field& field) { return field.id == FieldName::content_range; };
  if (std::ranges::count_if(response.fields, is_range) != 1) { return std::nullopt; }
  const auto range = parse_content_range(find(response.fields, FieldName::content_range)->value);
  if (const auto* length = find(response.fields, FieldName::content_length); range && length != nullptr) {
    if (parse_count(length->value) != range->range.size()) { return std::nullopt; }
  }
  return range;
}

MissCause why_not_storable_part(const RequestView& request, const ResponseView& response) {
  const auto part = part_of(response);
  if (!part) { return MissCause::range; }
  // RFC 9111 3.3: a cache "MAY store ... 206 (Partial Content) responses", under the requirements of section 3.
  const auto whole = fields_of_the_whole(response.fields, part->complete_length);
  return why_not_storable(request, {200, whole.fields()});
}

StoredHead make_part_head(const RequestView& request, const ResponseView& response, std::string_view key,
                          UnixTime request_time, UnixTime response_time, std::string_view origin_address) {
  const auto whole = fields_of_the_whole(response.fields, part_of(response)->complete_length);
  return make_stored_head(request, {200, whole.fields()}, key, request_time, response_time, origin_address);
}

// RFC 9110 15.3.7.3: "A client that has received multiple partial responses to GET requests on a target resource MAY
// combine those responses into a larger continuous range if they share the same strong validator."
bool may_combine(const StoredHead& stored, const StoredHead& part) noexcept {
  if (stored.status != 200 || part.status != 200) { return false; }
  if (stored.content_length != part.content_length || stored.variant != part.variant) { return false; }
  const auto ours = stored_entity_tag(stored);
  const auto theirs = stored_entity_tag(part);
  if (ours || theirs) { return ours && theirs && matches_strongly(*ours, *theirs); }
  const auto modified = strong_modification_time(stored);
  return modified && modified == strong_modification_time(part);
}

bool may_combine(const StoredResponse& stored, const StoredResponse& part) noexcept {
  return (part.message != 0 && stored.message == part.message) || may_combine(stored.head, part.head);
}

std::shared_ptr<StoredResponse> combine(const StoredResponse& stored, const StoredResponse& part) {
  auto out = std::make_shared<StoredResponse>();
  out->head = combine_heads(stored.head, part.head);
  out->message = stored.message == part.message ? part.message : 0;
  const auto whole = all_of(stored.head);
  Spans all = *stored.present;
  if (part.is_whole()) {
    all.add(whole);
  } else {
    for (const auto& range : part.present->ranges()) { all.add(range); }
  }
  for (const auto& range : all.ranges()) {
    for (auto rest = range; rest.first <= range.last;) {
      const auto held = stored.present->run_at_front(rest);
      const auto run = held ? *held : *stored.present->first_gap(rest);
      append_kept(held ? stored : part, run, out->segments);
      rest.first = run.last + 1;
    }
  }
  if (!all.covers(whole)) { out->present = std::move(all); }
  return out;
}

std::vector<ByteRange> content_needed(const RequestView& request, const StoredHead& stored) {
  if (request.method == "HEAD" || stored.content_length == 0) { return {}; }
  if (evaluate_conditions(request, stored) != ConditionResult::send_whole) { return {}; }
  auto answer = evaluate_range(request, stored);
  switch (answer.kind) {
    case RangeAnswer::Kind::unsatisfiable:
      return {};
    case RangeAnswer::Kind::partial:
      return std::move(answer.ranges);
    case RangeAnswer::Kind::whole:
      break;
  }
  return {all_of(stored)};
}

bool is_covered(const RequestView& request, const StoredResponse& stored) {
  if (stored.is_whole()) { return true; }
  return std::ranges::all_of(content_needed(request, stored.head), [&](ByteRange range) { return stored.has(range); });
}

bool is_better_answer(const RequestView& request, const StoredResponsePtr& one, const StoredResponsePtr& other) {
  if (one == nullptr || other == nullptr) { return one != nullptr; }
  if (!may_combine(one->head, other->head)) { return one->head.response_time > other->head.response_time; }
  return !is_covered(request, *other) && one->octets() > other->octets();
}

std::vector<Segment> content_of(const StoredResponse& response, ByteRange range) {
  std::vector<Segment> out;
  append_content(response, range, out);
  return out;
}

}  // namespace sluice::cache
