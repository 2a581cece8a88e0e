#include "gateway/pipeline/closed_store.hpp"

#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace sluice::pipeline {

namespace {

namespace fs = std::filesystem;
using cache::StoreError;

bool exists(const std::string& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

bool sync_and_close(int file) {
  const bool is_synced = ::fsync(file) == 0;
  return ::close(file) == 0 && is_synced;
}

bool sync_directory_of(const std::string& path) {
  const int directory = ::open(fs::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return directory >= 0 && sync_and_close(directory);
}

// Empty: that it is there says all.
bool make_mark(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  return file >= 0 && sync_and_close(file) && sync_directory_of(path);
}

}  // namespace

ClosedStore::ClosedStore(std::string mark, std::uint64_t budget)
    : mark_(std::move(mark)), was_marked_(exists(mark_)), budget_(budget), is_marked_(was_marked_) {}

std::expected<cache::Segment, StoreError> ClosedStore::read(const cache::StoredResponse&, std::uint64_t) {
  return std::unexpected(StoreError::gone);
}

std::expected<std::unique_ptr<cache::StoreWriter>, StoreError> ClosedStore::write(std::uint64_t) {
  return std::unexpected(StoreError::store_failed);
}

std::expected<void, StoreError> ClosedStore::put(cache::StoredResponsePtr) {
  return std::unexpected(StoreError::store_failed);
}

std::expected<void, StoreError> ClosedStore::put_part(cache::StoredResponsePtr) {
  return std::unexpected(StoreError::store_failed);
}

std::expected<cache::StoredResponsePtr, StoreError> ClosedStore::freshen(const cache::StoredResponse&,
                                                                         cache::StoredHead) {
  return std::unexpected(StoreError::gone);
}

// REQUIRES: mutex_ is held.
bool ClosedStore::set_mark() {
  has_purges_ = true;
  is_marked_ = is_marked_ || make_mark(mark_);
  return is_marked_;
}

std::size_t ClosedStore::purge(std::string_view key) {
  const std::lock_guard lock(mutex_);
  if (next_ != nullptr) { return next_->purge(key); }
  has_too_many_ = has_too_many_ || purged_.size() == kMostKeys;
  if (!has_too_many_) { purged_.emplace(key); }
  set_mark();
  return 0;
}

std::expected<void, StoreError> ClosedStore::keep_purges(const cache::PurgeChange& change) {
  const std::lock_guard lock(mutex_);
  if (next_ != nullptr) { return next_->keep_purges(change); }
  if (!set_mark()) { return std::unexpected(StoreError::store_failed); }
  return {};
}

bool ClosedStore::is_purge_kept(std::string_view key) {
  const std::lock_guard lock(mutex_);
  return next_ != nullptr ? next_->is_purge_kept(key) : is_marked_;
}

bool ClosedStore::mend() {
  const std::lock_guard lock(mutex_);
  return next_ != nullptr || !has_purges_ || set_mark();
}

bool ClosedStore::is_all_purged() const {
  const std::lock_guard lock(mutex_);
  return was_marked_ || has_too_many_;
}

void ClosedStore::hand_over(cache::Store& next, bool is_kept) {
  const std::lock_guard lock(mutex_);
  for (const auto& key : purged_) {
    next.purge(key);
    is_kept = is_kept && next.is_purge_kept(key);
  }
  purged_.clear();
  next_ = &next;
  std::error_code failed;  // with the mark too much is purged at the next start, nothing is too little
  if (is_kept && is_marked_) { fs::remove(mark_, failed); }
}

}  // namespace sluice::pipeline
