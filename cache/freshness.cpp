#include "cache/freshness.hpp"

#include <algorithm>

#include "cache/http_date.hpp"

namespace sluice::cache {
namespace {

constexpr Seconds kLongestHeuristic = std::chrono::hours{24};

Seconds saturated(Seconds value) noexcept {
  return std::clamp(value, Seconds{0}, kMostSeconds);
}

// RFC 9110 6.6.1: a response without a Date, or with one that cannot be read, counts as dated at its arrival.
UnixTime date_value(Fields fields, UnixTime response_time) noexcept {
  const auto* date = find(fields, FieldName::date);
  if (date == nullptr) { return response_time; }
  return parse_http_date(date->value, response_time).value_or(response_time);
}

// RFC 9111 4.2.1: of several values "either the first occurrence should be used or the response should be considered
// stale". Lines joined by somebody on the way could not be read any more, so they count the same.
bool is_repeated(Fields fields, FieldName id) noexcept {
  return std::ranges::count(fields, id, &Field::id) > 1;
}

// RFC 9111 5.3: "A cache recipient MUST interpret invalid date formats, especially the value "0", as representing a
// time in the past (i.e., "already expired")."
Seconds lifetime_by_expires(const Field& expires, Fields fields, UnixTime response_time) noexcept {
  if (is_repeated(fields, FieldName::expires)) { return Seconds{0}; }
  const auto time = parse_http_date(expires.value, response_time);
  return time ? saturated(*time - date_value(fields, response_time)) : Seconds{0};
}

// RFC 9111 4.2.2: "a typical setting of this fraction might be 10%", and of a Last-Modified that is really past.
Seconds heuristic_lifetime(Fields fields, UnixTime response_time) noexcept {
  const auto* modified = find(fields, FieldName::last_modified);
  if (modified == nullptr) { return Seconds{0}; }
  const auto time = parse_http_date(modified->value, response_time);
  if (!time) { return Seconds{0}; }
  return std::clamp((date_value(fields, response_time) - *time) / 10, Seconds{0}, kLongestHeuristic);
}

// The field that Sluice-Directives was made from. REQUIRES: it is there.
std::string_view governed_by(Fields fields) {
  const auto* governing = find(fields, FieldName::sluice_directives);
  for (const auto& field : fields) {
    if (&field != governing && combined(fields, field.name) == governing->value) { return field.name; }
  }
  return "policy";
}

}  // namespace

// RFC 9110 15.1: "the 200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, and 501 status codes in this
// specification" are "heuristically cacheable".
bool is_heuristically_cacheable(int status) noexcept {
  switch (status) {
    case 200:
    case 203:
    case 204:
    case 300:
    case 301:
    case 308:
    case 404:
    case 405:
    case 410:
    case 414:
    case 501:
      return true;
    default:
      return false;
  }
}

bool has_explicit_freshness(const ResponseView& response, const CacheControl& directives) {
  return directives.s_maxage || directives.max_age ||
         (!directives.is_targeted && find(response.fields, FieldName::expires) != nullptr);
}

Seconds freshness_lifetime(const ResponseView& response, const CacheControl& directives, UnixTime response_time) {
  // RFC 9111 4.2.1: "If the cache is shared and the s-maxage response directive is present, use its value, or"
  if (directives.s_maxage) { return *directives.s_maxage; }
  // "If the max-age response directive is present, use its value, or"
  if (directives.max_age) { return *directives.max_age; }
  // "If the Expires response header field is present, use its value minus the value of the Date response header field".
  const auto* expires = find(response.fields, FieldName::expires);
  if (expires != nullptr && !directives.is_targeted) {
    return lifetime_by_expires(*expires, response.fields, response_time);
  }
  // RFC 9111 4.2.2: "heuristics can only be used on responses without explicit freshness whose status codes are defined
  // as heuristically cacheable ... and those responses without explicit freshness that have been marked as explicitly
  // cacheable (e.g., with a public response directive)."
  if (!is_heuristically_cacheable(response.status) && !directives.public_) { return Seconds{0}; }
  return heuristic_lifetime(response.fields, response_time);
}

std::string freshness_source(const ResponseView& response, const CacheControl& directives) {
  const std::string by = directives.is_targeted ? std::string(governed_by(response.fields)) + ' ' : "";
  if (directives.s_maxage) { return by + "s-maxage"; }
  if (directives.max_age) { return by + "max-age"; }
  if (has_explicit_freshness(response, directives)) { return "Expires"; }
  const bool may_guess = is_heuristically_cacheable(response.status) || directives.public_;
  return may_guess && find(response.fields, FieldName::last_modified) != nullptr ? "heuristic" : "none";
}

Seconds freshness_lifetime(const ResponseView& response, UnixTime response_time) {
  return freshness_lifetime(response, response_directives(response.fields), response_time);
}

Seconds age_value(Fields fields) noexcept {
  const auto* age = find(fields, FieldName::age);
  if (age == nullptr) { return Seconds{0}; }
  // RFC 9111 5.1: "a cache encountering a message with a list-based Age field value SHOULD use the first member of the
  // field value, discarding subsequent members."
  const auto first = trim(age->value.substr(0, age->value.find(',')));
  // "If the field value (after discarding additional members) is invalid (e.g., it contains something other than a
  // non-negative integer), a cache SHOULD ignore the field."
  return parse_delta_seconds(first).value_or(Seconds{0});
}

Seconds corrected_initial_age(Fields fields, UnixTime request_time, UnixTime response_time) noexcept {
  // RFC 9111 4.2.3: apparent_age = max(0, response_time - date_value);
  const auto apparent_age = saturated(response_time - date_value(fields, response_time));
  // response_delay = response_time - request_time; corrected_age_value = age_value + response_delay;
  const auto response_delay = saturated(response_time - request_time);
  const auto corrected_age_value = saturated(age_value(fields) + response_delay);
  // corrected_initial_age = max(apparent_age, corrected_age_value);
  return std::max(apparent_age, corrected_age_value);
}

Seconds current_age(const StoredHead& head, UnixTime now) {
  // RFC 9111 4.2.3: resident_time = now - response_time; current_age = corrected_initial_age + resident_time;
  const auto resident_time = saturated(now - head.response_time);
  return saturated(head.derived.corrected_initial_age + resident_time);
}

Seconds remaining_freshness(const StoredHead& head, UnixTime now) {
  const auto by_age = head.derived.freshness_lifetime - current_age(head, now);
  return head.stale_from == kNeverStale ? by_age : std::min(by_age, head.stale_from - now);
}

}  // namespace sluice::cache
