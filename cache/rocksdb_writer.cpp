#include "cache/rocksdb_writer.hpp"

#include <utility>

namespace sluice::cache {

RocksdbWriter::RocksdbWriter(RocksdbTier& tier) : tier_(tier), id_(tier.new_id()) {}

RocksdbWriter::~RocksdbWriter() {
  abandon();
}

StoreResult RocksdbWriter::append(Segment segment) {
  if (is_over_) { return std::unexpected(error_); }
  if (tier_.is_too_large(content_ + segment.size)) { return fail(StoreError::too_large); }
  content_ += segment.size;
  while (pending_size_ + segment.size > chunk_size(id_)) {
    const auto part = chunk_size(id_) - pending_size_;
    hold({segment.owner, segment.data, part});
    segment.data += part;
    segment.size -= part;
    if (auto written = write_pending(); !written) { return fail(written.error()); }
  }
  hold(std::move(segment));
  return {};
}

std::expected<StoredResponsePtr, StoreError> RocksdbWriter::commit(StoredHead head) {
  if (is_over_) { return give_way(head.key, error_); }
  const std::string key = head.key;
  if (head.content_length != content_ || !is_storable(head)) {
    return give_way(key, fail(StoreError::damaged).error());
  }
  auto response = tier_.commit(std::move(head), {id_, chunks_, reserved_, pending_});
  if (!response) { return give_way(key, fail(response.error()).error()); }
  is_over_ = true;
  return response;
}

std::unexpected<StoreError> RocksdbWriter::give_way(std::string_view key, StoreError error) {
  tier_.give_way(key, error);
  return std::unexpected(error);
}

void RocksdbWriter::hold(Segment segment) {
  if (segment.size == 0) { return; }
  pending_size_ += segment.size;
  pending_.push_back(std::move(segment));
}

StoreResult RocksdbWriter::write_pending() {
  const auto octets = disk_charge({}, chunk_size(id_)) + pending_size_;
  if (auto room = tier_.reserve(octets); !room) { return room; }
  reserved_ += octets;
  if (auto written = tier_.write_chunk(id_, chunks_, pending_); !written) { return written; }
  ++chunks_;
  pending_.clear();
  pending_size_ = 0;
  return {};
}

std::unexpected<StoreError> RocksdbWriter::fail(StoreError error) {
  error_ = tier_.refuse(error);
  abandon();
  return std::unexpected(error);
}

void RocksdbWriter::abandon() {
  if (std::exchange(is_over_, true)) { return; }
  pending_.clear();
  if (reserved_ != 0) { tier_.abandon(id_, reserved_); }
}

}  // namespace sluice::cache
