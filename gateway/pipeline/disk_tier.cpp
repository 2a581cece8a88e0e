#include "gateway/pipeline/disk_tier.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::pipeline {

namespace {

constexpr std::size_t kReadQueue = 4096;
constexpr std::size_t kWriteQueue = 65536;
constexpr std::size_t kOperationQueue = 1024;
constexpr std::uint64_t kGroup = 512ULL << 10;  // octets
constexpr auto kGathering = std::chrono::milliseconds(2);
constexpr std::uint64_t kCalm = 1ULL << 20;  // octets from one tend() to the next

}  // namespace

DiskTier::DiskTier(std::unique_ptr<cache::Store> store, Open open, PurgeAll purge_all)
    : store_(std::move(store)),
      open_(std::move(open)),
      purge_all_(std::move(purge_all)),
      reads_(std::make_unique<ThreadPool>("disk-read", DiskReaders::kThreads, kReadQueue)),
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
  end_work(last_);  // what was removed while the queue was full or came to its end
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

// What changed while the disk was read may have come too late for it: then once more, and in the end it is not there.
Task<DiskTier::Found> DiskTier::find(std::string_view key, cache::Fields request, Waiting waiting) {
  constexpr int kMostLooks = 3;
  const auto owned = std::make_shared<const cache::OwnedFields>(request);
  Found result;
  for (int looks = 0; looks < kMostLooks && !changes_.is_hidden(key); ++looks) {
    result.version = changes_.version(key);
    result.is_late = is_stuck(waiting);
    if (result.is_late) { break; }
    auto found = co_await offload_until(*reads_, waiting.mailbox, waiting.context, waiting.until,
                                        [this, key = std::string(key), owned] {
                                          const DiskReaders::Read read(readers_);
                                          if (stopping_) { return cache::Store::Found{}; }
                                          return store_->find(key, owned->fields());
                                        });
    result.is_late = !found;
    if (result.is_late) { break; }
    if (!is_current(key, result.version)) { continue; }
    if (found->response != nullptr && !changes_.may_use(found->response->head)) { break; }
    static_cast<cache::Store::Found&>(result) = std::move(*found);
    break;
  }
  co_return result;
}

bool DiskTier::is_stuck(const Waiting& waiting) const {
  const auto left = waiting.until - std::chrono::steady_clock::now();
  return left.count() <= 0 || readers_.are_stuck(std::chrono::ceil<milliseconds>(left));
}

Task<DiskTier::Piece> DiskTier::read(cache::StoredResponsePtr response, std::uint64_t offset, Waiting waiting) {
  if (is_stuck(waiting)) { co_return std::unexpected(cache::StoreError::too_slow); }
  auto piece = co_await offload_until(*reads_, waiting.mailbox, waiting.context, waiting.until,
                                      [this, response, offset] { return read_now(*response, offset); });
  if (!piece) { co_return std::unexpected(cache::StoreError::too_slow); }
  co_return std::move(*piece);
}

Task<DiskTier::Piece> DiskTier::read(cache::StoredResponsePtr response, std::uint64_t offset, Mailbox& mailbox) {
  auto piece = co_await offload(*reads_, mailbox, [this, response, offset] { return read_now(*response, offset); });
  if (!piece) { co_return std::unexpected(cache::StoreError::store_failed); }
  co_return std::move(*piece);
}

// On a reading thread. At the end only what is under way is waited for.
DiskTier::Piece DiskTier::read_now(const cache::StoredResponse& response, std::uint64_t offset) {
  const DiskReaders::Read read(readers_);
  if (stopping_) { return std::unexpected(cache::StoreError::store_failed); }
  return store_->read(response, offset);
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
  return push(std::move(work));
}

// REQUIRES: group_mutex_ is held.
bool DiskTier::push(ThreadPool::Function work) {
  const auto ticket = last_ + 1;
  const bool taken = writes_->run([this, ticket, work = std::move(work)]() mutable {
    work();
    end_work(ticket);
  });
  if (taken) { last_ = ticket; }
  return taken;
}

// While there is work that is not done, its end looks for what came meanwhile; so that never needs room in the queue.
// REQUIRES: group_mutex_ is held.
void DiskTier::wake_when_idle() {
  // Nobody takes it when the pool has ended: wait_until_written() looks then.
  if (done_ == last_) {
    [[maybe_unused]] const bool taken = push([] {});
  }
}

// On the writing thread, behind each piece of work.
void DiskTier::end_work(DiskChanges::Ticket done) {
  DiskChanges::Due due;
  std::optional<std::uint64_t> budget;
  std::vector<std::shared_ptr<void>> left;  // dropped without the lock
  {
    const std::lock_guard lock(group_mutex_);
    done_ = done;
    due = changes_.take_due(done);
    budget = std::exchange(next_budget_, std::nullopt);
    left.swap(left_);
  }
  carry_out(due);
  if (!budget) { return; }
  store_->set_budget(*budget);
  build_index();
}

// The writer belongs to the writing thread, so it is dropped there, behind the work that uses it.
void DiskTier::leave(std::shared_ptr<void> writer) {
  {
    const std::lock_guard lock(group_mutex_);
    left_.push_back(std::move(writer));
    wake_when_idle();
  }
  if (has_ended_) { end_work(last_); }
}

void DiskTier::carry_out(const DiskChanges::Due& due) {
  for (const auto& removal : due.removals) {
    const auto has_others = [&] {
      const auto stored = store_->list(removal.key);
      const auto is_other = [&](const auto& one) { return is_other_representation(one->head, *removal.spared); };
      return stored.empty() || std::ranges::any_of(stored, is_other);  // empty also when it cannot be read
    };
    if (removal.spared == nullptr || has_others()) { store_->purge(removal.key); }
    changes_.end(removal);
  }
  if (!due.is_everything || !purge_all_) { return; }
  purge_all_(*store_);
  changes_.end_everything();
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
    if (!push([this, group] { write_group(*group); })) { return false; }
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
  for (const auto& response : group.responses) { changes_.end_write(response->head.key); }
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
  const auto& key = response->head.key;
  changes_.begin_write(key);
  if (reserve(octets) && (join_group(response, octets) || drop(octets))) { return true; }
  give_up_write(key);
  return false;
}

// What could not even wait still takes the place of what is stored, or waits ahead of it.
void DiskTier::give_up_write(std::string_view key) {
  if (!store_->is_open() || changes_.waiting(key) > 1 || store_->may_have(key)) { remove(key, nullptr); }
  changes_.end_write(key);
}

bool DiskTier::put_part(cache::StoredResponsePtr part) {
  const auto octets = part->memory();
  changes_.begin_part(part->head.key);
  const bool queued = enqueue(octets, [this, part] {
    [[maybe_unused]] const auto counted = store_->put_part(part);
    changes_.end_part(part->head.key);
  });
  if (!queued) { changes_.end_part(part->head.key); }
  return queued;
}

void DiskTier::freshen(cache::StoredResponsePtr response, cache::StoredHead head) {
  enqueue(head.wire.size(), [this, response = std::move(response), head = std::move(head)]() mutable {
    [[maybe_unused]] const auto counted = store_->freshen(*response, std::move(head));
  });
}

// What waits to be written is not in the store yet, and is removed behind it. It is looked at first: what waits no more
// is in the store.
bool DiskTier::has_something_of(std::string_view key) const {
  return !store_->is_open() || changes_.waiting(key) != 0 || store_->may_have(key);
}

void DiskTier::purge(std::string_view key) {
  if (!has_something_of(key)) { return changes_.note_removed(key); }
  remove(key, nullptr);
}

void DiskTier::purge_others(const cache::StoredHead& head) {
  if (!has_something_of(head.key)) { return changes_.note_removed(head.key); }
  remove(head.key, std::make_shared<const cache::StoredHead>(head));
}

void DiskTier::remove(std::string_view key, DiskChanges::HeadPtr spared) {
  {
    const std::lock_guard lock(group_mutex_);
    close_group();
    changes_.remove(key, last_, std::move(spared));
    wake_when_idle();
  }
  if (has_ended_) { end_work(last_); }
}

void DiskTier::make_stale(std::string key, cache::UnixTime from) {
  if (waiting_.load(std::memory_order_relaxed) == 0) { return; }
  if (!run([this, key, from] { cache::make_stale(*store_, key, from); })) { purge(key); }
}

void DiskTier::set_budget(std::uint64_t octets) {
  const std::lock_guard lock(group_mutex_);
  close_group();
  next_budget_ = octets;
  wake_when_idle();
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

DiskTier::Writing::~Writing() {
  tier_.leave(std::move(state_));
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
  const auto key = head.key;
  tier_.changes_.begin_write(key);
  const bool queued = !state_->failed && tier_.enqueue(head.wire.size(), [&tier = tier_, state = state_,
                                                                          head = std::move(head)]() mutable {
    const auto written = head.key;
    if (state->failed || !state->writer->commit(std::move(head))) {
      state->failed = true;
      tier.store_->purge(written);
    }
    state->writer.reset();
    tier.changes_.end_write(written);
  });
  if (queued) { return; }
  state_->failed = true;
  tier_.give_up_write(key);
}

bool DiskTier::Writing::has_failed() const noexcept {
  return state_->failed;
}

}  // namespace sluice::pipeline
