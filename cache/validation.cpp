#include "cache/validation.hpp"

#include <algorithm>

#include "cache/cache_control.hpp"
#include "cache/cacheability.hpp"
#include "cache/entity_tag.hpp"
#include "cache/http_date.hpp"
#include "cache/status.hpp"
#include "cache/stored_validators.hpp"
#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

// The date of a conditional field. RFC 9110 13.1.3, 13.1.4: "A recipient MUST ignore" the field "if the received field
// value is not a valid HTTP-date" or "the field value has more than one member".
std::optional<UnixTime> condition_date(Fields request, FieldName id, UnixTime now) {
  const auto* field = find(request, id);
  if (field == nullptr) { return std::nullopt; }
  const auto has_more = std::count_if(request.begin(), request.end(), [id](const Field& f) { return f.id == id; }) > 1;
  return has_more ? std::nullopt : parse_http_date(field->value, now);
}

bool is_condition(const Field& field) noexcept {
  return field.id == FieldName::if_none_match || field.id == FieldName::if_modified_since ||
         field.id == FieldName::if_match || field.id == FieldName::if_unmodified_since;
}

bool has_if_none_match(Fields request) noexcept {
  return find(request, FieldName::if_none_match) != nullptr;
}

// RFC 9110 13.2.2, steps 1 and 2: If-Match, and without it If-Unmodified-Since.
bool fails_for_origin(Fields request, const StoredHead& stored, const EntityTag* tag) {
  if (find(request, FieldName::if_match) != nullptr) {
    // RFC 9110 13.1.1: "An origin server MUST use the strong comparison function when comparing entity tags for
    // If-Match".
    return match_tag_list(request, FieldName::if_match, tag, Comparison::strong) != TagListResult::matches;
  }
  const auto date = condition_date(request, FieldName::if_unmodified_since, stored.response_time);
  return date && stored.derived.has_last_modified && stored.derived.last_modified > *date;
}

// RFC 9110 13.2.2, steps 3 and 4: If-None-Match, and without it If-Modified-Since.
bool is_not_modified(Fields request, const StoredHead& stored, const EntityTag* tag) {
  // RFC 9111 4.3.2: "If-None-Match takes precedence over If-Modified-Since"; RFC 9110 13.1.2: "A recipient MUST use the
  // weak comparison function when comparing entity tags for If-None-Match".
  if (has_if_none_match(request)) {
    return match_tag_list(request, FieldName::if_none_match, tag, Comparison::weak) == TagListResult::matches;
  }
  const auto date = condition_date(request, FieldName::if_modified_since, stored.response_time);
  return date && modification_time(stored) <= *date;
}

// What a 304 may not change: the content is the stored one, and so are the fields that describe it.
bool is_of_the_content(const Field& field) noexcept {
  switch (field.id) {
    case FieldName::content_encoding:
    case FieldName::content_length:
    case FieldName::content_range:
    case FieldName::content_type:
    case FieldName::set_cookie:
      return true;
    case FieldName::vary:
      return !has_token({&field, 1}, FieldName::vary, "*");
    default:
      return false;
  }
}

bool has_line(const std::vector<Field>& fields, const Field& like) noexcept {
  return std::any_of(fields.begin(), fields.end(), [&like](const Field& field) {
    return field.id == like.id && (field.id != FieldName::other || equals_ignoring_case(field.name, like.name));
  });
}

// Date and Age are of the message that brought them: the stored ones end with the message that validates.
bool is_of_the_message(const Field& field) noexcept {
  return field.id == FieldName::date || field.id == FieldName::age;
}

// RFC 9111 3.2: "the cache MUST add each header field in the provided response to the stored response, replacing field
// values that are already present", with exceptions.
std::vector<Field> merge(Fields stored, Fields fresh, UnixTime response_time) {
  const auto directives = response_directives(fresh);
  const ConnectionOptions options(fresh);
  const ConnectionOptions none({});
  std::vector<Field> taken;
  for (const auto& field : fresh) {
    const bool is_unreadable_date =
        field.id == FieldName::date && (has_line(taken, field) || !parse_http_date(field.value, response_time));
    if (is_stored_field(field, options, directives) && !is_of_the_content(field) && !is_unreadable_date) {
      taken.push_back(field);
    }
  }
  std::vector<Field> merged;
  merged.reserve(stored.size() + taken.size() + 1);
  for (const auto& field : stored) {
    if (!is_of_the_message(field) && !has_line(taken, field) && is_stored_field(field, none, directives)) {
      merged.push_back(field);
    }
  }
  merged.insert(merged.end(), taken.begin(), taken.end());
  return merged;
}

// A status by which an origin server refuses this request, its connection or its client: another client's request for
// the same may be answered.
bool speaks_of_request(int status) noexcept {
  return speaks_of_client(status) || status == 400 || status == 411 || status == 413 || status == 414 || status == 426;
}

}  // namespace

Validators validators_of(const StoredHead& stored) {
  Validators out;
  const auto fields = stored.fields.fields();
  // RFC 9111 4.3.1: "One such validator is the timestamp given in a Last-Modified header field, which can be used in an
  // If-Modified-Since header field for response validation"; "Another validator is the entity tag given in an ETag
  // field."
  if (stored.derived.etag >= 0) { out.if_none_match = fields[static_cast<std::size_t>(stored.derived.etag)].value; }
  if (stored.derived.has_last_modified) { out.if_modified_since = find(fields, FieldName::last_modified)->value; }
  return out;
}

ConditionResult evaluate_conditions(const RequestView& request, const StoredHead& stored) {
  if (std::none_of(request.fields.begin(), request.fields.end(), is_condition)) { return ConditionResult::send_whole; }
  if (request.method != "GET" && request.method != "HEAD") { return ConditionResult::send_whole; }
  // RFC 9110 13.2.1: "A server MUST ignore all received preconditions if its response to the same request without those
  // conditions ... would have been a status code other than a 2xx (Successful) or 412 (Precondition Failed)."
  if (stored.status < 200 || stored.status > 299) { return ConditionResult::send_whole; }
  const auto tag = stored_entity_tag(stored);
  const auto* current = tag ? &*tag : nullptr;
  if (fails_for_origin(request.fields, stored, current)) { return ConditionResult::precondition_failed; }
  return is_not_modified(request.fields, stored, current) ? ConditionResult::not_modified : ConditionResult::send_whole;
}

StoredHead freshen(const StoredHead& stored, const ResponseView& not_modified, UnixTime request_time,
                   UnixTime response_time) {
  auto merged = merge(stored.fields.fields(), not_modified.fields, response_time);
  const auto date = format_http_date(response_time);
  if (find(merged, FieldName::date) == nullptr) {
    merged.push_back({spelling(FieldName::date), date, FieldName::date});
  }

  StoredHead out;
  out.key = stored.key;
  out.variant = stored.variant;
  out.status = stored.status;
  out.fields = OwnedFields(merged);
  out.request_time = request_time;
  out.response_time = response_time;
  out.content_length = stored.content_length;
  out.origin_address = stored.origin_address;
  out.seal();
  return out;
}

// RFC 9111 3.4: "When combining the new response with one or more stored responses, a cache MUST use the header fields
// provided in the new response, aside from Content-Range, to replace all instances of the corresponding header fields
// in the stored response."
StoredHead combine_heads(const StoredHead& stored, const StoredHead& part) {
  const auto fresh = part.fields.fields();
  std::vector<Field> taken(fresh.begin(), fresh.end());
  std::vector<Field> merged;
  merged.reserve(stored.fields.fields().size() + taken.size());
  for (const auto& field : stored.fields.fields()) {
    if (!is_of_the_message(field) && !has_line(taken, field)) { merged.push_back(field); }
  }
  merged.insert(merged.end(), taken.begin(), taken.end());
  StoredHead out = part;
  out.fields = OwnedFields(merged);
  // What a purge touches of one, it touches of both.
  out.generation = std::min(stored.generation, part.generation);
  out.stale_from = std::min(stored.stale_from, part.stale_from);
  out.seal();
  return out;
}

bool selects(const ResponseView& not_modified, const StoredHead& stored) {
  if (const auto* field = find(not_modified.fields, FieldName::etag); field != nullptr) {
    const auto theirs = parse_entity_tag(field->value);
    const auto ours = stored_entity_tag(stored);
    if (!theirs || !ours) { return false; }
    // RFC 9111 4.3.4: "If the new response contains one or more strong validators", then stored responses "with one of
    // those same strong validators" are selected, and "if none of the initial set contains at least one of the same
    // strong validators, then the cache MUST NOT use the new response to update any stored responses."
    // "If the new response contains no strong validators but does contain one or more weak validators", those that
    // correspond.
    return theirs->weak ? matches_weakly(*theirs, *ours) : matches_strongly(*theirs, *ours);
  }
  const auto* field = find(not_modified.fields, FieldName::last_modified);
  // A 304 without any validator answers the conditions that were sent, and they were this response's.
  if (field == nullptr) { return true; }
  const auto theirs = parse_http_date(field->value, stored.response_time);
  return theirs && stored.derived.has_last_modified && *theirs == stored.derived.last_modified;
}

// "If the stored response and HEAD response have matching values for any received validator fields (ETag and
// Last-Modified) and, if the HEAD response has a Content-Length header field, the value of Content-Length matches the
// stored response".
bool describes(const ResponseView& head_response, const StoredHead& stored) {
  for (const auto id : {FieldName::etag, FieldName::last_modified}) {
    const auto* theirs = find(head_response.fields, id);
    const auto* ours = find(stored.fields.fields(), id);
    if (theirs != nullptr && (ours == nullptr || ours->value != theirs->value)) { return false; }
  }
  const auto* length = find(head_response.fields, FieldName::content_length);
  return length == nullptr || parse_count(length->value) == stored.content_length;
}

// RFC 9111 4.3.3: "A full response (i.e., one containing content) indicates that none of the stored responses nominated
// in the conditional request are suitable." "However, if a cache receives a 5xx (Server Error) response while
// attempting to validate a response, the cache can either forward this response to the requesting client or act as if
// the server failed to respond."
bool ends_stored(const RequestView& request, int status) {
  if (status < 200 || status == 304 || status >= 500 || speaks_of_request(status)) { return false; }
  if (find(request.fields, FieldName::authorization) != nullptr) { return false; }
  const bool is_refusal = status == 401 || status == 403;
  return !is_refusal || find(request.fields, FieldName::cookie) == nullptr;
}

}  // namespace sluice::cache
