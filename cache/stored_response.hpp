#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/fields.hpp"
#include "cache/spans.hpp"

namespace sluice::cache {

using UnixTime = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;
inline constexpr UnixTime kNeverStale = UnixTime::max();

// A run of content octets, shared and never changed once others can see it.
struct Segment {
  std::shared_ptr<const char[]> owner;
  const char* data = nullptr;
  std::size_t size = 0;

  std::string_view view() const noexcept { return {data, size}; }
};

// Views of a message for the pure functions; they live as long as the message.
struct RequestView {
  std::string_view method;
  std::string_view uri;  // normalised effective request URI
  Fields fields;
};
struct ResponseView {
  int status = 0;
  Fields fields;
};

// The head of a stored response and what is known about it. Immutable once stored.
struct StoredHead {
  std::string key;      // cache_key() of the request
  std::string variant;  // variant_key() of request and response; "" without Vary (RFC 9111 4.1)
  int status = 0;
  OwnedFields fields;  // as stored: connection-specific fields and Content-Length removed. The Age that the response
                       // came with stays here, because freshness is computed from it again after a restart; a hit sends
                       // `wire`, which has none.
  UnixTime request_time{};   // when the request that made, or last validated, it was sent
  UnixTime response_time{};  // when its head arrived
  std::uint64_t content_length = 0;
  std::uint64_t generation = 0;       // the newest purge in force when the request was sent (PurgeTable)
  UnixTime stale_from = kNeverStale;  // a soft purge made it stale then, whatever its fields say
  std::string origin_address;  // text of the address it was obtained from; "" when unknown. Policy judges reuse by it.

  // Status line and fields in wire form, each line with CRLF, without Age and tags, Date stays, no final empty line.
  // Made once by seal(); a hit sends it and adds only what changes.
  std::string wire;

  // What each hit needs of the fields, so that none has to be parsed again. Filled in by seal().
  struct Derived {
    Seconds freshness_lifetime{0};       // RFC 9111 4.2.1
    Seconds corrected_initial_age{0};    // RFC 9111 4.2.3
    Seconds stale_while_revalidate{-1};  // RFC 5861 3; -1 when absent
    Seconds stale_if_error{-1};          // RFC 5861 4; -1 when absent
    UnixTime last_modified{};            // when has_last_modified
    bool has_last_modified = false;
    bool must_validate = false;  // no-cache: each reuse needs a successful validation
    bool may_be_stale = true;    // no must-revalidate, proxy-revalidate, no-cache or s-maxage forbids it
    bool immutable = false;      // RFC 8246
    std::int16_t etag = -1;      // index into `fields`; -1 when there is none that is well-formed
  };
  Derived derived;

  // Makes `wire` and `derived` from status, fields, times and content_length. Call it again after changing one of them.
  void seal();
};

// What was found out about a response, so that it is not looked for again on the next hit. Threads may overwrite one
// another: what is lost is looked up once more. A copy starts anew.
class Remembered {
 public:
  Remembered() = default;
  Remembered(const Remembered&) noexcept {}
  Remembered& operator=(const Remembered&) noexcept { return *this; }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }
  void set(std::uint64_t number) noexcept { value_.store(number, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// A response that was proven complete, or parts of one (RFC 9111 3.3). `segments` hold all content that there is, in
// order and none across a gap, or nothing when it is read from the disk store piece by piece (Store::read).
struct StoredResponse {
  StoredHead head;
  std::vector<Segment> segments;
  std::uint64_t store_id = 0;                   // names its chunks on disk; 0 when it has none
  std::optional<Spans> present = std::nullopt;  // what there is of the content; nullopt: all of it
  std::uint64_t message = 0;                    // names the 206 that all of it came in; 0: nobody knows
  std::shared_ptr<const void> hold;             // keeps content on disk there while it is read piece by piece
  mutable Remembered checked;                   // the newest purge that it is known not to be touched by
  mutable Remembered unlisted_in;  // for the owner of the store: the lists that are known not to have its URL

  bool is_whole() const noexcept { return !present.has_value(); }
  bool has(ByteRange range) const noexcept { return is_whole() || present->covers(range); }
  std::uint64_t octets() const noexcept { return is_whole() ? head.content_length : present->octets(); }
  bool is_resident() const noexcept { return head.content_length == 0 || !segments.empty(); }
  // Where these octets are among those of the segments. REQUIRES: has(range).
  ByteRange place_of(ByteRange range) const noexcept;
  // The octets from `offset` to the end of the segment that holds it; empty when it is not there, or not resident.
  Segment resident_piece(std::uint64_t offset) const;
  std::size_t memory() const noexcept;  // octets that it holds: content and head, what the allocator adds included
};
using StoredResponsePtr = std::shared_ptr<const StoredResponse>;

}  // namespace sluice::cache
