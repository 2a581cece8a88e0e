#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/stored_response.hpp"

namespace sluice::cache {

// One variant as its record on disk holds it. `wire` is made again by seal() when it is decoded.
struct StoredVariant {
  StoredHead head;
  std::uint64_t store_id = 0;                   // names its content chunks
  std::uint64_t octets = 0;                     // what it was charged against the disk budget
  std::optional<Spans> present = std::nullopt;  // whole chunks; nullopt: all of the content
};

// All variants of one key, the newest first.
struct StoredRecord {
  std::string key;
  std::vector<StoredVariant> variants;
};

enum class RecordError : std::uint8_t {
  not_a_record,     // the first octets are something else
  unknown_version,  // written by another version of the format
  checksum,         // the checksum does not agree
  malformed,        // a length, a count or a value cannot be
};
std::string_view to_string(RecordError error) noexcept;

// The on-disk form. All integers little-endian; `text` is a u32 length and so many octets:
//
//   "SLR" u8 version | u32 crc32c of all that follows | text key | u16 variants
//   each variant: u64 store_id, u64 octets, u64 content_length, i64 request_time, i64 response_time, i64 stale_from,
//                 u64 generation, u16 status, text variant, text origin_address, u32 spans, each span: u64 first octet,
//                 u64 last octet, u32 fields, each field: text name, text value
//   No span at all: the content is whole.
//
// decode_record trusts no length, accepts no octet too many or too few, and no field that could not have been stored
// (a name that is no token, CR, LF or NUL in a value), so that a decoded head can be sent as it is.
// ENSURES: encode_record(*decode_record(octets)) == octets.
// REQUIRES: is_storable(head) of every variant, 1 to kMostVariants of them, none twice.
std::string encode_record(const StoredRecord& record);
std::expected<StoredRecord, RecordError> decode_record(std::string_view octets);

// Could decode_record give this head back?
bool is_storable(const StoredHead& head) noexcept;

// What the disk budget is charged for a response: content (what is `present` of it), its share of the record, keys,
// index entries.
std::uint64_t disk_charge(const StoredHead& head, std::uint64_t chunk,
                          const std::optional<Spans>& present = std::nullopt);

// Content chunks and queue entries carry their own checksum in front: u32 crc32c over `salt`, then the octets.
std::uint32_t checksum_of(std::string_view salt, std::string_view octets) noexcept;
void append_u32(std::uint32_t value, std::string& out);
void append_u64(std::uint64_t value, std::string& out);

// Takes fixed-size values and texts off the front of octets that nobody vouches for; after the first that does not fit,
// everything reads as empty and `failed()` stays true.
class OctetReader {
 public:
  explicit OctetReader(std::string_view octets) noexcept : rest_(octets) {}

  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(integer(2)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() noexcept { return integer(8); }
  std::string_view text() noexcept { return take(u32()); }
  std::string_view take(std::size_t size) noexcept;
  std::string_view rest() const noexcept { return rest_; }
  bool failed() const noexcept { return failed_; }

 private:
  std::uint64_t integer(std::size_t size) noexcept;

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace sluice::cache
