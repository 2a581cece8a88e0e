// The pure functions of RFC 9111 over whatever fields two messages may have: what is stored can be stored and sent, the
// request that made a variant selects it, ages only grow, and a freshened response stays the variant that it was.
//
// An input is a line `STATUS SECONDS` (how long after its arrival the response is looked at), the request's fields, an
// empty line, the response's fields, an empty line, and the fields of a 304.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache_key.hpp"
#include "cache/cacheability.hpp"
#include "cache/freshness.hpp"
#include "cache/http_date.hpp"
#include "cache/invalidation.hpp"
#include "cache/ranges.hpp"
#include "cache/reuse.hpp"
#include "cache/stored_record.hpp"
#include "cache/syntax.hpp"
#include "cache/validation.hpp"
#include "cache/variant_choice.hpp"

namespace {

using namespace sluice::cache;

constexpr UnixTime kArrival = kDateReference;
constexpr std::string_view kUri = "http://www.example.com/dir/page?a=b";

void require(bool holds) {
  if (!holds) { std::abort(); }
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

int take_number(std::string_view& line) {
  int value = 0;
  const auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), value);
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!line.empty()) { line.remove_prefix(1); }
  return failed == std::errc{} ? value : 0;
}

// Only what a head parser lets through: names that are tokens, values without control characters.
std::vector<Field> take_fields(std::string_view& text) {
  std::vector<Field> fields;
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.empty()) { break; }
    const auto colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon))) { continue; }
    const auto value = trim(line.substr(colon + 1));
    if (value.find_first_of(std::string_view("\0\r", 2)) != value.npos) { continue; }
    fields.push_back({line.substr(0, colon), value, field_name(line.substr(0, colon))});
  }
  return fields;
}

void check_dates(Fields fields) {
  for (const Field& field : fields) {
    if (const auto time = parse_http_date(field.value, kArrival)) {
      require(parse_http_date(format_http_date(*time), kArrival) == time);
    }
  }
}

// It can be written, read again and sent; nothing that belongs to a connection is in it.
void check_stored(const StoredHead& head) {
  require(is_storable(head));
  const StoredRecord record{head.key, {{head, 1, disk_charge(head, 1U << 20)}}};
  const auto octets = encode_record(record);
  const auto again = decode_record(octets);
  require(again && again->variants.size() == 1);
  require(again->variants[0].head.wire == head.wire && encode_record(*again) == octets);
  require(again->variants[0].head.derived.freshness_lifetime == head.derived.freshness_lifetime);
  for (const Field& field : head.fields.fields()) { require(!is_connection_specific(field, head.fields.fields())); }
  require(head.derived.freshness_lifetime >= Seconds{0} && head.derived.corrected_initial_age >= Seconds{0});
}

void check_variant(const RequestView& request, const StoredHead& head) {
  const VariantRule rule = variant_rule(head);
  if (rule.names.matches_nothing) { return; }
  VariantChoice choice(request.fields);
  require(choice.is_selected(rule, head.variant));
}

void check_reuse(const RequestView& request, const StoredHead& head, Seconds later) {
  const auto now = kArrival + later;
  require(current_age(head, now) >= Seconds{0} && current_age(head, now + Seconds{1}) >= current_age(head, now));
  const auto reuse = judge_reuse(request, head, now);
  require(reuse.age == current_age(head, now) && reuse.ttl == remaining_freshness(head, now));
  require(reuse.kind != Reuse::Kind::fresh || !head.derived.must_validate);
  require(reuse.kind != Reuse::Kind::stale_while_revalidate || head.derived.may_be_stale);
  require(reuse.kind == Reuse::Kind::must_validate || reuse.ttl > Seconds{0} || head.derived.may_be_stale);
  const auto answer = evaluate_range(request, head);
  if (answer.kind == RangeAnswer::Kind::partial) {
    require(!answer.ranges.empty() && answer.ranges.size() <= kMostRanges);
    for (const auto& range : answer.ranges) { require(range.first <= range.last && range.last < head.content_length); }
  }
  const auto condition = evaluate_conditions(request, head);
  require(condition == evaluate_conditions(request, head));
}

void check_freshened(const StoredHead& head, Fields fields) {
  const ResponseView not_modified{304, fields};
  if (!selects(not_modified, head)) { return; }
  const auto fresh = freshen(head, not_modified, kArrival + Seconds{10}, kArrival + Seconds{11});
  check_stored(fresh);
  require(fresh.key == head.key && fresh.variant == head.variant && fresh.status == head.status);
  require(fresh.content_length == head.content_length);
}

void check_invalidated(const RequestView& request, const ResponseView& response) {
  const RequestView unsafe{"POST", request.uri, request.fields};
  for (const auto& uri : invalidated_uris(unsafe, response)) {
    std::string key;
    make_cache_key(uri, key);
    std::string again;
    make_cache_key(key, again);
    require(key == again);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto numbers = take_line(text);
  const int status = take_number(numbers);
  const Seconds later{take_number(numbers)};
  const auto request_fields = take_fields(text);
  const auto response_fields = take_fields(text);
  const auto not_modified_fields = take_fields(text);
  const RequestView request{"GET", kUri, request_fields};
  const ResponseView response{status, response_fields};
  check_dates(response_fields);
  check_invalidated(request, response);
  if (why_not_storable(request, response) != MissCause::none) { return 0; }
  std::string key;
  make_cache_key(kUri, key);
  const auto head = make_stored_head(request, response, key, kArrival - Seconds{1}, kArrival, "192.0.2.1");
  check_stored(head);
  check_variant(request, head);
  if (why_not_lookup(request) == MissCause::none) { check_reuse(request, head, later); }
  check_freshened(head, not_modified_fields);
  return 0;
}
