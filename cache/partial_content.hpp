#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "cache/miss_cause.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// Content of a large response is asked for, and kept on disk, in pieces of this size.
inline constexpr std::uint64_t kPartChunk = 1ULL << 20;

// `bytes 0-4/10` (RFC 9110 14.4): a range and the complete length. nullopt for any deviation, and when the complete
// length is not said ("*"): such a part cannot be stored.
struct ContentRange {
  ByteRange range;
  std::uint64_t complete_length = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view value) noexcept;
std::string to_text(const ContentRange& range);  // "bytes 0-4/10"

// Which part a 206 carries; nullopt when it is no single part, or does not say so (RFC 9110 15.3.7).
std::optional<ContentRange> part_of(const ResponseView& response) noexcept;

// RFC 9111 3.3: may this 206 be stored? `none` means yes. The rules are those of a 200, and part_of() has an answer.
MissCause why_not_storable_part(const RequestView& request, const ResponseView& response);

// The head to store for a part: that of the 200 it is a part of, content_length the complete length. `seal()` is
// called. REQUIRES: why_not_storable_part(...) == none.
StoredHead make_part_head(const RequestView& request, const ResponseView& response, std::string_view key,
                          UnixTime request_time, UnixTime response_time, std::string_view origin_address);

// RFC 9111 3.4: are these parts of one representation: the same complete length and the same strong validator?
bool may_combine(const StoredHead& stored, const StoredHead& part) noexcept;
// The same, or are they of one message (StoredResponse::message)? That needs no validator.
bool may_combine(const StoredResponse& stored, const StoredResponse& part) noexcept;

// The content of both, under the fields of both, those of the newer `part` first; whole when nothing is missing any
// more. REQUIRES: may_combine(stored, part), both resident, `stored` not whole.
std::shared_ptr<StoredResponse> combine(const StoredResponse& stored, const StoredResponse& part);

// What of the content the answer to this request takes, the client's conditions and ranges applied: none when it is a
// head (HEAD, 304, 412, 416), all without a range. REQUIRES: `stored` may be used for the request.
std::vector<ByteRange> content_needed(const RequestView& request, const StoredHead& stored);

// Is all of that there?
bool is_covered(const RequestView& request, const StoredResponse& stored);

// Of what two tiers have for the request, either may be null: does `one` answer it better? The one that was the last to
// hear from the origin server, or has more of it; `other` when it is all the same.
bool is_better_answer(const RequestView& request, const StoredResponsePtr& one, const StoredResponsePtr& other);

// The octets of `range` out of a response that holds them. REQUIRES: resident, and has(range).
std::vector<Segment> content_of(const StoredResponse& response, ByteRange range);

}  // namespace sluice::cache
