#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/purge_table.hpp"
#include "cache/stored_record.hpp"

namespace sluice::cache {

// The keys of the disk tier. In the column family of records:
//   "r" cache key     the record with all variants' heads (stored_record.hpp)
//   "q" store id      the queue: who owns the chunks of that id, and its charge. In the order of storing.
//   "w" store id      chunks of that id belong to no response: one being written, or one that went while it was read;
//                     what a process left of it when it ended is removed
//   "p" scope name    a purge (purge_table.hpp); the scope is one octet
//   "g"               the number of the newest purge
//   "t"               never there: removed to try whether the disk works
// In the column family of content:
//   store id, u32 chunk number    u32 crc32c over this key and the octets, then the octets
// Store ids and chunk numbers are big-endian, so that keys sort as the numbers do.

// A store id: u22 epoch (opening of the directory), u36 serial within it, u6 binary logarithm of the chunk size. None
// is ever given twice, so a chunk belongs to one response whatever was lost or restored around it.
inline constexpr int kChunkBits = 6;
inline constexpr int kSerialBits = 36;
constexpr std::uint64_t first_store_id(std::uint64_t epoch) noexcept {
  return epoch << (kSerialBits + kChunkBits);
}
constexpr std::uint64_t chunk_size(std::uint64_t id) noexcept {
  return 1ULL << (id & 63);
}
constexpr std::uint64_t chunk_count(std::uint64_t id, std::uint64_t content_length) noexcept {
  return (content_length >> (id & 63)) + ((content_length & (chunk_size(id) - 1)) != 0 ? 1 : 0);
}

template <typename Integer>
void append_big_endian(Integer value, std::string& out) {
  for (std::size_t i = sizeof value; i-- > 0;) { out.push_back(static_cast<char>((value >> (8 * i)) & 0xFF)); }
}

inline std::string record_key(std::string_view cache_key) {
  return std::string("r").append(cache_key);
}
inline std::string id_key(std::string_view prefix, std::uint64_t id) {
  std::string out(prefix);
  append_big_endian(id, out);
  return out;
}
inline std::string queue_key(std::uint64_t id) {
  return id_key("q", id);
}
inline std::string writing_key(std::uint64_t id) {
  return id_key("w", id);
}
inline std::string chunk_key(std::uint64_t id, std::uint32_t number) {
  std::string out = id_key("", id);
  append_big_endian(number, out);
  return out;
}
// The id at the end of a queue or writing key; 0 when the key is none.
inline std::uint64_t id_of_key(std::string_view key) noexcept {
  std::uint64_t id = 0;
  if (key.size() != 9) { return 0; }
  for (const char octet : key.substr(1)) { id = (id << 8) | static_cast<unsigned char>(octet); }
  return id;
}

// The value of a queue entry: u32 crc32c over its key and the rest, u64 charge, then the cache key.
struct QueueEntry {
  std::uint64_t octets = 0;
  std::string_view key;  // into the value it was decoded from; empty when that was damaged
};
inline std::string encode_queue_entry(std::uint64_t id, std::uint64_t octets, std::string_view cache_key) {
  std::string rest;
  append_u64(octets, rest);
  rest.append(cache_key);
  std::string out;
  append_u32(checksum_of(queue_key(id), rest), out);
  return out.append(rest);
}
inline QueueEntry decode_queue_entry(std::uint64_t id, std::string_view value) {
  OctetReader reader(value);
  const auto stated = reader.u32();
  if (reader.failed() || stated != checksum_of(queue_key(id), reader.rest())) { return {}; }
  const auto octets = reader.u64();
  return reader.failed() ? QueueEntry{} : QueueEntry{octets, reader.rest()};
}

inline std::string purge_key(PurgeScope scope, std::string_view name) {
  return std::string("p").append(1, static_cast<char>(scope)).append(name);
}
inline std::string generation_key() {
  return "g";
}
inline std::string trial_key() {
  return "t";
}

// The value of a purge: u32 crc32c over its key and the rest, u64 soft, u64 soft_time, u64 hard.
inline std::string encode_purge(const PurgeEntry& entry) {
  std::string rest;
  append_u64(entry.soft, rest);
  append_u64(static_cast<std::uint64_t>(entry.soft_time.time_since_epoch().count()), rest);
  append_u64(entry.hard, rest);
  std::string out;
  append_u32(checksum_of(purge_key(entry.scope, entry.name), rest), out);
  return out.append(rest);
}
inline std::optional<PurgeEntry> decode_purge(std::string_view key, std::string_view value) {
  OctetReader reader(value);
  const auto stated = reader.u32();
  if (key.size() < 2 || reader.failed() || stated != checksum_of(key, reader.rest())) { return std::nullopt; }
  const auto scope = static_cast<std::uint8_t>(key[1]);
  if (scope >= static_cast<std::uint8_t>(PurgeScope::count_)) { return std::nullopt; }
  PurgeEntry entry{static_cast<PurgeScope>(scope), std::string(key.substr(2))};
  entry.soft = reader.u64();
  entry.soft_time = UnixTime{Seconds{static_cast<std::int64_t>(reader.u64())}};
  entry.hard = reader.u64();
  const bool is_whole = !reader.failed() && reader.rest().empty() && is_purge_name(entry.scope, entry.name);
  return is_whole ? std::optional(std::move(entry)) : std::nullopt;
}

// The value of the generation: u32 crc32c, u64.
inline std::string encode_generation(std::uint64_t generation) {
  std::string rest;
  append_u64(generation, rest);
  std::string out;
  append_u32(checksum_of(generation_key(), rest), out);
  return out.append(rest);
}
inline std::optional<std::uint64_t> decode_generation(std::string_view value) {
  OctetReader reader(value);
  const auto stated = reader.u32();
  if (reader.failed() || stated != checksum_of(generation_key(), reader.rest())) { return std::nullopt; }
  const auto generation = reader.u64();
  return reader.failed() || !reader.rest().empty() ? std::nullopt : std::optional(generation);
}

// Above every number that is ever given: what counts when the kept one is lost.
inline constexpr std::uint64_t kUnknownGeneration = 1ULL << 48;

}  // namespace sluice::cache
