#include "cache/stored_response.hpp"

#include "cache/allocation.hpp"
#include "cache/cache_control.hpp"
#include "cache/connection_options.hpp"
#include "cache/content_memory.hpp"
#include "cache/entity_tag.hpp"
#include "cache/freshness.hpp"
#include "cache/http_date.hpp"
#include "cache/status.hpp"
#include "cache/tags.hpp"

namespace sluice::cache {
namespace {

constexpr std::size_t kOwner = 48;           // what shared ownership of a segment's memory takes: counts and size
constexpr std::size_t kReleasingOwner = 64;  // and of a block of the content memory

void append_line(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// RFC 9110 8.6: "A server MUST NOT send a Content-Length header field in any response with a status code of 1xx
// (Informational) or 204 (No Content)."
bool has_content_length(int status) noexcept {
  return status >= 200 && status != 204;
}

std::string make_wire(const StoredHead& head) {
  std::size_t octets = 64;  // status line and Content-Length
  for (const auto& field : head.fields.fields()) { octets += field.name.size() + field.value.size() + 4; }
  std::string out;
  out.reserve(octets);
  append_status_line(head.status, out);
  for (const auto& field : head.fields.fields()) {
    const bool is_made_here = field.id == FieldName::age || field.id == FieldName::content_length;
    const bool is_for_us = is_for_this_cache(field.id) || holds_tags(field.id);
    if (!is_made_here && !is_for_us && !is_hop_field(field)) { append_line(field.name, field.value, out); }
  }
  if (has_content_length(head.status)) {
    append_line(spelling(FieldName::content_length), std::to_string(head.content_length), out);
  }
  return out;
}

std::int16_t index_of_entity_tag(Fields fields) noexcept {
  const auto* tag = find(fields, FieldName::etag);
  if (tag == nullptr || tag - fields.data() > INT16_MAX || !parse_entity_tag(tag->value)) { return -1; }
  return static_cast<std::int16_t>(tag - fields.data());
}

bool varies_by_everything(Fields fields) noexcept {
  return has_token(fields, FieldName::vary, "*");
}

StoredHead::Derived derive(const StoredHead& head) {
  const auto fields = head.fields.fields();
  const auto directives = response_directives(fields);
  StoredHead::Derived out;
  out.freshness_lifetime = freshness_lifetime({head.status, fields}, directives, head.response_time);
  out.corrected_initial_age = corrected_initial_age(fields, head.request_time, head.response_time);
  out.stale_while_revalidate = directives.stale_while_revalidate.value_or(Seconds{-1});
  out.stale_if_error = directives.stale_if_error.value_or(Seconds{-1});
  // no-store, private and `Vary: *` came with a 304 afterwards: the response is kept only to be validated.
  // RFC 9111 5.2.2.3: where must-understand stands and the status is understood, no-store is ignored; what is not
  // understood was never stored.
  const bool forbids_storing = directives.no_store && !directives.must_understand;
  out.must_validate = directives.no_cache || forbids_storing || directives.private_ || varies_by_everything(fields);
  // RFC 9111 4.2.4: "A cache MUST NOT generate a stale response if it is prohibited by an explicit in-protocol
  // directive (e.g., by a no-cache response directive, a must-revalidate response directive, or an applicable s-maxage
  // or proxy-revalidate response directive; see Section 5.2.2)."
  out.may_be_stale =
      !out.must_validate && !directives.must_revalidate && !directives.proxy_revalidate && !directives.s_maxage;
  out.immutable = directives.immutable;
  out.etag = index_of_entity_tag(fields);
  if (const auto* modified = find(fields, FieldName::last_modified); modified != nullptr) {
    const auto time = parse_http_date(modified->value, head.response_time);
    out.has_last_modified = time.has_value();
    out.last_modified = time.value_or(UnixTime{});
  }
  return out;
}

}  // namespace

void StoredHead::seal() {
  wire = make_wire(*this);
  derived = derive(*this);
}

ByteRange StoredResponse::place_of(ByteRange range) const noexcept {
  if (is_whole()) { return range; }
  const auto first = present->octets_ahead_of(range.first);
  return {first, first + range.size() - 1};
}

Segment StoredResponse::resident_piece(std::uint64_t offset) const {
  if (!is_whole()) {
    if (!present->run_at_front({offset, offset})) { return {}; }
    offset = present->octets_ahead_of(offset);
  }
  for (const auto& segment : segments) {
    if (offset < segment.size) { return {segment.owner, segment.data + offset, segment.size - offset}; }
    offset -= segment.size;
  }
  return {};
}

std::size_t StoredResponse::memory() const noexcept {
  std::size_t octets = allocated(sizeof(StoredResponse) + kSharedHeader);
  octets += allocated(segments.capacity() * sizeof(Segment));
  if (!is_whole()) { octets += allocated(present->ranges().capacity() * sizeof(ByteRange)); }
  octets += allocated_by(head.key) + allocated_by(head.variant) + allocated_by(head.origin_address);
  octets += allocated_by(head.wire) + head.fields.memory();
  const void* last_block = nullptr;
  for (const auto& segment : segments) {
    const auto pages = ContentMemory::pages_of(segment);
    if (pages == 0) { octets += allocated(segment.size + kOwner); }
    if (pages > 0 && segment.owner.get() != last_block) { octets += pages + allocated(kReleasingOwner); }
    last_block = segment.owner.get();
  }
  return octets;
}

}  // namespace sluice::cache
