#include "gateway/pipeline/disk_tier.hpp"

#include <chrono>
#include <utility>

namespace sluice::pipeline {

namespace {

constexpr unsigned kReaders = 2;
constexpr std::size_t kReadQueue = 4096;
constexpr std::size_t kWriteQueue = 65536;
constexpr std::size_t kOperationQueue = 1024;
constexpr std::uint64_t kGroup = 512ULL << 10;  // octets
constexpr auto kGathering = std::chrono::milliseconds(2);
constexpr std::uint64_t kCalm = 1ULL << 20;  // octets from one tend() to the next

}  // namespace

DiskTier::DiskTier(std::unique_ptr<cache::Store> store, Open open)
    : store_(std::move(store)),
      open_(std::move(open)),
      reads_(std::make_unique<ThreadPool>("disk-read", kReaders, kReadQueue)),
      writes_(std::make_unique<ThreadPool>("disk-write", 1, kWriteQueue)),
      operations_(std::make_unique<ThreadPool>("disk-operate", 1, kOperationQueue)) {
  shorten_log();
  build_index();
}

DiskTier::~DiskTier() {
  wait_until_written();
}

void DiskTier::wait_until_written() {
  stopping_ = true;
  {
    const std::lock_guard lock(group_mutex_);
    close_group();
  }
  operations_->finish();
  reads_->finish();
  writes_->finish();
  constexpr int kMostTries = 6;
  if (has_ended_.exchange(true)) { return; }
  for (int tries = 0; tries < kMostTries && !mend_now(); ++tries) {}
}

void DiskTier::mend() {
  if (mending_.exchange(true)) { return; }
  const bool queued = run([this] {
    mending_ = false;
    mend_now();
  });
  if (!queued) { mending_ = false; }  // the writes that wait come first
}

// Who ordered a purge that still is not on disk was told that it may be forgotten.
bool DiskTier::mend_now() {
  if (open_ && !store_->is_open()) {
    if (auto store = open_()) {
      store_.replace(std::move(store));
      store_->shorten_log();
      build_index();
    }
  }
  return store_->mend();
}

// One step at a time, so that stores come in between; lookups go by key meanwhile.
void DiskTier::build_index() {
  const bool queued = run([this] {
    if (!stopping_ && store_->build_index_step()) { build_index(); }
  });
  if (!queued && !stopping_) { dropped_.fetch_add(1, std::memory_order_relaxed); }
}

Task<cache::Store::Found> DiskTier::find(std::string_view key, cache::Fields request, Mailbox& mailbox) {
  auto found = co_await offload(*reads_, mailbox,
                                [this, key = std::string(key), request] { return store_->find(key, request); });
  co_return found ? std::move(*found) : cache::Store::Found{};
}

Task<std::expected<cache::Segment, cache::StoreError>> DiskTier::read(cache::StoredResponsePtr response,
                                                                      std::uint64_t offset, Mailbox& mailbox) {
  auto piece = co_await offload(*reads_, mailbox, [this, response, offset] { return store_->read(*response, offset); });
  if (!piece) { co_return std::unexpected(cache::StoreError::store_failed); }
  co_return std::move(*piece);
}

bool DiskTier::reserve(std::uint64_t octets) {
  if (waiting_.load(std::memory_order_relaxed) + octets > kWaitingLimit) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  waiting_.fetch_add(octets, std::memory_order_relaxed);
  stored_.fetch_add(octets, std::memory_order_relaxed);
  return true;
}

bool DiskTier::drop(std::uint64_t octets) {
  waiting_.fetch_sub(octets, std::memory_order_relaxed);
  dropped_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool DiskTier::enqueue(std::uint64_t octets, ThreadPool::Function work) {
  if (!reserve(octets)) { return false; }
  const bool taken = run([this, octets, work = std::move(work)]() mutable {
    work();
    waiting_.fetch_sub(octets, std::memory_order_relaxed);
  });
  return taken || drop(octets);
}

// Behind the group: a response that comes later is stored later.
bool DiskTier::run(ThreadPool::Function work) {
  const std::lock_guard lock(group_mutex_);
  close_group();
  return writes_->run(std::move(work));
}

// REQUIRES: group_mutex_ is held.
void DiskTier::close_group() {
  group_.reset();
  group_closed_.notify_all();
}

bool DiskTier::join_group(cache::StoredResponsePtr response, std::uint64_t octets) {
  const std::lock_guard lock(group_mutex_);
  if (group_ == nullptr) {
    auto group = std::make_shared<Group>();
    if (!writes_->run([this, group] { write_group(*group); })) { return false; }
    group_ = std::move(group);
  }
  group_->responses.push_back(std::move(response));
  group_->octets += octets;
  if (group_->octets >= kGroup) { close_group(); }
  return true;
}

// Waits a moment for others to join, unless something is to be done behind them: to write many at once costs less, and
// whoever puts one need not wake this thread.
void DiskTier::write_group(Group& group) {
  {
    std::unique_lock lock(group_mutex_);
    group_closed_.wait_for(lock, kGathering, [&] { return group_.get() != &group || stopping_; });
    if (group_.get() == &group) { close_group(); }
  }
  store_->put_all(group.responses);
  group.responses.clear();
  waiting_.fetch_sub(group.octets, std::memory_order_relaxed);
}

void DiskTier::tend() {
  const auto stored = stored_.exchange(0, std::memory_order_relaxed);
  const bool was_stored_to = std::exchange(was_stored_to_, stored != 0);
  if (stored < kCalm && (stored != 0 || was_stored_to)) { shorten_log(); }
}

void DiskTier::shorten_log() {
  // When there is no room in the queue it is not calm.
  [[maybe_unused]] const bool queued = run([this] { store_->shorten_log(); });
}

// The store counts its own failures; a failed write behind the exchange concerns no client.
bool DiskTier::put(cache::StoredResponsePtr response) {
  const auto octets = response->memory();
  return reserve(octets) && (join_group(std::move(response), octets) || drop(octets));
}

bool DiskTier::put_part(cache::StoredResponsePtr part) {
  const auto octets = part->memory();
  return enqueue(octets,
                 [this, part = std::move(part)] { [[maybe_unused]] const auto counted = store_->put_part(part); });
}

void DiskTier::freshen(cache::StoredResponsePtr response, cache::StoredHead head) {
  enqueue(head.wire.size(), [this, response = std::move(response), head = std::move(head)]() mutable {
    [[maybe_unused]] const auto counted = store_->freshen(*response, std::move(head));
  });
}

bool DiskTier::is_being_purged(std::string_view key) const {
  if (purging_count_.load(std::memory_order_acquire) == 0) { return false; }
  const std::lock_guard lock(purging_mutex_);
  return purging_.contains(key);
}

void DiskTier::purge(std::string key) {
  // What waits to be written is not in the store yet, and is purged behind it.
  if (store_->is_open() && waiting_.load(std::memory_order_relaxed) == 0 && !store_->may_have(key)) { return; }
  {
    const std::lock_guard lock(purging_mutex_);
    purging_.insert(key);
    purging_count_.store(purging_.size(), std::memory_order_release);
  }
  const auto work = [this, key = std::move(key)] {
    store_->purge(key);
    const std::lock_guard lock(purging_mutex_);
    purging_.erase(purging_.find(key));
    purging_count_.store(purging_.size(), std::memory_order_release);
  };
  // Never dropped for want of room: what was invalidated must not come back.
  if (!run(work)) { work(); }
}

void DiskTier::make_stale(std::string key, cache::UnixTime from) {
  if (waiting_.load(std::memory_order_relaxed) == 0) { return; }
  const auto work = [this, key = std::move(key), from] { cache::make_stale(*store_, key, from); };
  if (!run(work)) { work(); }
}

void DiskTier::set_budget(std::uint64_t octets) {
  const auto work = [this, octets] { store_->set_budget(octets); };
  if (!run(work)) { work(); }
  build_index();
}

struct DiskTier::Writing::State {
  std::unique_ptr<cache::StoreWriter> writer;
  std::atomic<bool> failed{false};
};

DiskTier::Writing::Writing(DiskTier& tier, std::uint64_t expected_size)
    : tier_(tier), state_(std::make_shared<State>()) {
  const bool queued = tier_.enqueue(0, [&store = *tier.store_, state = state_, expected_size] {
    auto writer = store.write(expected_size);
    if (!writer) {
      state->failed = true;  // never back to false: a piece may have been refused meanwhile
      return;
    }
    state->writer = std::move(*writer);
  });
  if (!queued) { state_->failed = true; }
}

// The writer belongs to the writing thread, so it is dropped there.
DiskTier::Writing::~Writing() {
  const bool queued = tier_.run([state = state_] { state->writer.reset(); });
  if (!queued) { state_->failed = true; }
}

void DiskTier::Writing::append(cache::Segment segment) {
  if (state_->failed) { return; }
  const auto octets = segment.size;
  const bool queued = tier_.enqueue(octets, [state = state_, segment = std::move(segment)]() mutable {
    if (state->failed) { return; }
    if (!state->writer->append(std::move(segment))) { state->failed = true; }
  });
  if (!queued) { state_->failed = true; }
}

void DiskTier::Writing::commit(cache::StoredHead head) {
  if (state_->failed) { return; }
  const bool queued = tier_.enqueue(head.wire.size(), [state = state_, head = std::move(head)]() mutable {
    if (state->failed) { return; }
    if (!state->writer->commit(std::move(head))) { state->failed = true; }
    state->writer.reset();
  });
  if (!queued) { state_->failed = true; }
}

bool DiskTier::Writing::has_failed() const noexcept {
  return state_->failed;
}

}  // namespace sluice::pipeline
