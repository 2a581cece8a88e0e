// The record codec of the disk tier: whatever decodes encodes to the same octets, and could be sent as it is.

#include "cache/stored_record.hpp"

#include <cstdlib>

#include "cache/crc32c.hpp"
#include "cache/rocksdb_keys.hpp"

namespace {

using namespace sluice::cache;

void require(bool holds) {
  if (!holds) { std::abort(); }
}

void check(std::string_view octets) {
  const auto record = decode_record(octets);
  if (!record) { return; }
  require(encode_record(*record) == octets);
  for (const auto& variant : record->variants) {
    require(is_storable(variant.head) && variant.head.key == record->key);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string octets(reinterpret_cast<const char*>(data), size);
  check(octets);
  static_cast<void>(decode_queue_entry(65, octets));
  const auto key_size = octets.empty() ? 0 : static_cast<std::size_t>(static_cast<unsigned char>(octets[0]));
  if (key_size < octets.size()) {
    const auto key = "p" + octets.substr(1, key_size);
    const auto value = octets.substr(1 + key_size);
    const auto entry = decode_purge(key, value);
    require(!entry || (purge_key(entry->scope, entry->name) == key && encode_purge(*entry) == value));
  }
  static_cast<void>(decode_generation(octets));
  // With the checksum put right, so that what follows it is reached.
  if (octets.size() >= 8) {
    std::string checksum;
    append_u32(crc32c(std::string_view(octets).substr(8)), checksum);
    check(octets.substr(0, 4) + checksum + octets.substr(8));
  }
  return 0;
}
