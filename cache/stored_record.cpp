#include "cache/stored_record.hpp"

#include <algorithm>
#include <utility>

#include "cache/crc32c.hpp"
#include "cache/syntax.hpp"
#include "cache/variant_choice.hpp"

namespace sluice::cache {
namespace {

constexpr std::string_view kMagic = "SLR";
constexpr char kVersion = 4;
constexpr std::size_t kPrefix = 8;                     // magic, version, checksum
constexpr std::size_t kSpan = 2 * 8;                   // two offsets
constexpr std::size_t kLeastField = 2 * 4 + 1;         // two lengths and a name of one octet
constexpr std::int64_t kLatestTime = 253'402'300'799;  // 9999-12-31T23:59:59Z, the last that an HTTP date can say

template <typename Integer>
void append_integer(Integer value, std::string& out) {
  for (std::size_t i = 0; i < sizeof value; ++i) { out.push_back(static_cast<char>((value >> (8 * i)) & 0xFF)); }
}

void append_text(std::string_view text, std::string& out) {
  append_u32(static_cast<std::uint32_t>(text.size()), out);
  out.append(text);
}

void append_spans(const std::optional<Spans>& present, std::string& out) {
  append_u32(present ? static_cast<std::uint32_t>(present->ranges().size()) : 0, out);
  if (!present) { return; }
  for (const auto& range : present->ranges()) {
    append_u64(range.first, out);
    append_u64(range.last, out);
  }
}

void append_variant(const StoredVariant& variant, std::string& out) {
  const StoredHead& head = variant.head;
  append_u64(variant.store_id, out);
  append_u64(variant.octets, out);
  append_u64(head.content_length, out);
  append_u64(static_cast<std::uint64_t>(head.request_time.time_since_epoch().count()), out);
  append_u64(static_cast<std::uint64_t>(head.response_time.time_since_epoch().count()), out);
  append_u64(static_cast<std::uint64_t>(head.stale_from.time_since_epoch().count()), out);
  append_u64(head.generation, out);
  append_integer(static_cast<std::uint16_t>(head.status), out);
  append_text(head.variant, out);
  append_text(head.origin_address, out);
  append_spans(variant.present, out);
  append_u32(static_cast<std::uint32_t>(head.fields.fields().size()), out);
  for (const Field& field : head.fields.fields()) {
    append_text(field.name, out);
    append_text(field.value, out);
  }
}

// "Field values containing CR, LF, or NUL characters are invalid and dangerous" (RFC 9110 5.5).
bool is_field_value(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// "field-name = token" (RFC 9110 5.1).
bool is_storable_field(std::string_view name, std::string_view value) noexcept {
  return is_token(name) && is_field_value(value);
}

bool is_storable_time(UnixTime time) noexcept {
  const auto seconds = time.time_since_epoch().count();
  return seconds >= 0 && seconds <= kLatestTime;
}

UnixTime read_time(OctetReader& reader) {
  return UnixTime{Seconds{static_cast<std::int64_t>(reader.u64())}};
}

bool read_fields(OctetReader& reader, OwnedFields& fields) {
  const std::size_t count = reader.u32();
  if (count > reader.rest().size() / kLeastField) { return false; }
  std::vector<Field> views;
  views.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto name = reader.text();
    const auto value = reader.text();
    if (reader.failed()) { return false; }
    views.push_back({name, value, field_name(name)});
  }
  fields = OwnedFields(views);
  return true;
}

// Spans in order, with gaps between them, that make no whole.
bool read_spans(OctetReader& reader, std::uint64_t content_length, std::optional<Spans>& present) {
  const std::size_t count = reader.u32();
  if (count > reader.rest().size() / kSpan) { return false; }
  for (std::size_t i = 0; i < count; ++i) {
    const ByteRange range{reader.u64(), reader.u64()};
    if (range.last < range.first || range.last >= content_length) { return false; }
    if (!present) {
      present.emplace();
    } else if (range.first == 0 || range.first - 1 <= present->ranges().back().last) {
      return false;
    }
    present->add(range);
  }
  return !present || !present->covers({0, content_length - 1});
}

bool read_variant(OctetReader& reader, std::string_view key, StoredVariant& variant) {
  StoredHead& head = variant.head;
  variant.store_id = reader.u64();
  variant.octets = reader.u64();
  head.content_length = reader.u64();
  head.request_time = read_time(reader);
  head.response_time = read_time(reader);
  head.stale_from = read_time(reader);
  head.generation = reader.u64();
  head.status = reader.u16();
  head.variant = reader.text();
  head.origin_address = reader.text();
  if (!read_spans(reader, head.content_length, variant.present)) { return false; }
  if (!read_fields(reader, head.fields) || reader.failed()) { return false; }
  if (!is_storable(head) || variant.store_id == 0) { return false; }
  head.key = key;
  head.seal();
  return true;
}

bool has_repeated_variant(const std::vector<StoredVariant>& variants) {
  for (auto a = variants.begin(); a != variants.end(); ++a) {
    if (std::any_of(std::next(a), variants.end(), [&](const auto& b) { return b.head.variant == a->head.variant; })) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string_view to_string(RecordError error) noexcept {
  switch (error) {
    case RecordError::not_a_record:
      return "not a record";
    case RecordError::unknown_version:
      return "unknown version";
    case RecordError::checksum:
      return "checksum does not agree";
    case RecordError::malformed:
      return "malformed";
  }
  return "unknown";
}

void append_u32(std::uint32_t value, std::string& out) {
  append_integer(value, out);
}
void append_u64(std::uint64_t value, std::string& out) {
  append_integer(value, out);
}

std::uint32_t checksum_of(std::string_view salt, std::string_view octets) noexcept {
  return crc32c(octets, crc32c(salt));
}

std::string_view OctetReader::take(std::size_t size) noexcept {
  if (failed_ || size > rest_.size()) {
    failed_ = true;
    return {};
  }
  const auto taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint64_t OctetReader::integer(std::size_t size) noexcept {
  const auto octets = take(size);
  std::uint64_t value = 0;
  for (std::size_t i = octets.size(); i-- > 0;) { value = (value << 8) | static_cast<unsigned char>(octets[i]); }
  return value;
}

bool is_storable(const StoredHead& head) noexcept {
  return head.status >= 100 && head.status <= 999 && is_storable_time(head.request_time) &&
         is_storable_time(head.response_time) &&
         (head.stale_from == kNeverStale || is_storable_time(head.stale_from)) &&
         std::ranges::all_of(head.fields.fields(),
                             [](const Field& field) { return is_storable_field(field.name, field.value); });
}

std::string encode_record(const StoredRecord& record) {
  std::string body;
  append_text(record.key, body);
  append_integer(static_cast<std::uint16_t>(record.variants.size()), body);
  for (const StoredVariant& variant : record.variants) { append_variant(variant, body); }
  std::string out;
  out.reserve(kPrefix + body.size());
  out.append(kMagic).push_back(kVersion);
  append_u32(crc32c(body), out);
  return out.append(body);
}

std::expected<StoredRecord, RecordError> decode_record(std::string_view octets) {
  OctetReader reader(octets);
  if (reader.take(kMagic.size()) != kMagic) { return std::unexpected(RecordError::not_a_record); }
  if (reader.take(1) != std::string_view(&kVersion, 1)) { return std::unexpected(RecordError::unknown_version); }
  if (const auto stated = reader.u32(); reader.failed() || stated != crc32c(reader.rest())) {
    return std::unexpected(RecordError::checksum);
  }
  StoredRecord record;
  record.key = reader.text();
  const std::size_t count = reader.u16();
  if (reader.failed() || count == 0 || count > kMostVariants) { return std::unexpected(RecordError::malformed); }
  record.variants.resize(count);
  for (auto& variant : record.variants) {
    if (!read_variant(reader, record.key, variant)) { return std::unexpected(RecordError::malformed); }
  }
  if (!reader.rest().empty() || has_repeated_variant(record.variants)) {
    return std::unexpected(RecordError::malformed);
  }
  return record;
}

std::uint64_t disk_charge(const StoredHead& head, std::uint64_t chunk, const std::optional<Spans>& present) {
  constexpr std::uint64_t kFixed = 192;     // the numbers of a variant, its queue entry, index blocks, filters
  constexpr std::uint64_t kEachChunk = 96;  // key, checksum, the blob file's header and the reference to it
  constexpr std::uint64_t kEachField = 8;
  constexpr std::uint64_t kEachSpan = 16;
  const auto octets = present ? present->octets() : head.content_length;
  const auto chunks = (octets + chunk - 1) / chunk;
  const auto spans = present ? present->ranges().size() * kEachSpan : 0;
  return octets + spans + chunks * kEachChunk + kFixed + 2 * head.key.size() + head.variant.size() +
         head.origin_address.size() + head.fields.memory() + head.fields.fields().size() * kEachField;
}

}  // namespace sluice::cache
