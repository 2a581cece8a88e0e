#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "cache/store.hpp"
#include "gateway/base/error.hpp"
#include "gateway/base/offload.hpp"
#include "gateway/pipeline/disk_changes.hpp"
#include "gateway/pipeline/disk_readers.hpp"

namespace sluice::pipeline {

// The disk store behind its threads: reads on a pool, writes behind the exchanges on one thread, in order, with bounded
// memory. When the disk does not keep up stores are dropped, never clients delayed. Once a newer response was put here,
// or a key purged, nothing older of the key is found any more, though the disk may take its time or not take it at all.
// Thread: any; the coroutines run on the worker that calls them. Only pool threads touch the disk.
class DiskTier {
 public:
  static constexpr std::uint64_t kWaitingLimit = 64ULL << 20;  // octets of content that wait for the disk

  // Called on the writing thread by mend() while the store is not open (Store::is_open): the store that takes its
  // place, or null when it still cannot be had. What is asked of the first one meanwhile is the caller's to hand over.
  using Open = std::function<std::unique_ptr<cache::Store>()>;

  // Called on the writing thread when more was to be removed than is remembered: everything in the store counts as
  // purged then. Without it nothing of the store is used any more.
  using PurgeAll = std::function<void(cache::Store&)>;

  explicit DiskTier(std::unique_ptr<cache::Store> store, Open open = {}, PurgeAll purge_all = {});
  ~DiskTier();
  DiskTier(const DiskTier&) = delete;
  DiskTier& operator=(const DiskTier&) = delete;

  bool is_open() const { return store_->is_open(); }
  bool was_evicted(std::string_view key) const { return store_->was_evicted(key); }
  bool may_have(std::string_view key) const { return store_->may_have(key) && !changes_.is_hidden(key); }

  // What the worker that asks has: where it goes on, and until when it waits for the disk.
  struct Waiting {
    asio::io_context& context;
    Mailbox& mailbox;
    SteadyTime until;
  };
  struct Found : cache::Store::Found {
    bool is_late = false;       // the disk did not answer in time; what it says later is dropped
    std::uint32_t version = 0;  // of the key: is_current()
  };
  Task<Found> find(std::string_view key, cache::Fields request, Waiting waiting);
  // Is what was found then still not older than anything that was stored or removed since?
  bool is_current(std::string_view key, std::uint32_t version) const { return changes_.version(key) == version; }
  // Errors: those of Store::read(); too_slow.
  using Piece = std::expected<cache::Segment, cache::StoreError>;
  Task<Piece> read(cache::StoredResponsePtr response, std::uint64_t offset, Waiting waiting);
  // The same, however long it takes.
  Task<Piece> read(cache::StoredResponsePtr response, std::uint64_t offset, Mailbox& mailbox);

  // False: too much waits already. What is stored of the key is removed then.
  bool put(cache::StoredResponsePtr response);
  // False: too much waits already. What is stored of the same representation stays.
  bool put_part(cache::StoredResponsePtr part);
  void freshen(cache::StoredResponsePtr response, cache::StoredHead head);
  void purge(std::string_view key);  // from now on the key is not found, though the disk may take its time
  // The same for what is stored of the same variant and is no part of the representation that `head` describes.
  void purge_others(const cache::StoredHead& head);
  // Behind what waits to be written, marks what is stored for the key then as stale from that time on. With too much
  // waiting it is purged.
  void make_stale(std::string key, cache::UnixTime from);

  // Called every second or so: finds out whether a disk that failed works again, or can be opened now, whatever the
  // traffic.
  void mend();
  // Called now and then: what the log of the store holds goes to files when little is being stored.
  void tend();

  // In force behind what waits to be written. What a smaller one no longer holds goes in steps, stores in between.
  void set_budget(std::uint64_t octets);

  // A response too large for memory on its way to the disk, piece by piece. Without commit() it leaves no trace.
  class Writing {
   public:
    Writing(DiskTier& tier, std::uint64_t expected_size);
    ~Writing();
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;

    void append(cache::Segment segment);
    void commit(cache::StoredHead head);  // when it cannot be stored, what is stored of the key is removed
    bool has_failed() const noexcept;

   private:
    struct State;
    DiskTier& tier_;
    std::shared_ptr<State> state_;
  };

  // What operators ask of the store, on a thread of its own: it waits for no lookup and holds none up. nullopt when too
  // much of it waits. `work` takes the store and owns what else it uses.
  template <typename F>
  Task<std::optional<std::invoke_result_t<F&, cache::Store&>>> operate(F work, Mailbox& mailbox) {
    co_return co_await offload(*operations_, mailbox,
                               [this, work = std::move(work)]() mutable { return work(*store_); });
  }

  cache::Store& store() noexcept { return *store_; }
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
  void wait_until_written();  // at shutdown: everything that waits is written, purges that failed before too

 private:
  // Responses that wait to be stored together.
  struct Group {
    std::vector<cache::StoredResponsePtr> responses;
    std::uint64_t octets = 0;
  };

  bool is_stuck(const Waiting& waiting) const;
  Piece read_now(const cache::StoredResponse& response, std::uint64_t offset);
  bool reserve(std::uint64_t octets);  // false: dropped
  bool drop(std::uint64_t octets);     // what was reserved; false
  bool enqueue(std::uint64_t octets, ThreadPool::Function work);
  bool run(ThreadPool::Function work);
  bool push(ThreadPool::Function work);
  void wake_when_idle();
  void leave(std::shared_ptr<void> writer);
  void end_work(DiskChanges::Ticket done);
  void carry_out(const DiskChanges::Due& due);
  bool has_something_of(std::string_view key) const;
  void remove(std::string_view key, DiskChanges::HeadPtr spared);
  void give_up_write(std::string_view key);
  bool join_group(cache::StoredResponsePtr response, std::uint64_t octets);
  void close_group();
  void write_group(Group& group);
  void shorten_log();
  void build_index();
  bool mend_now();

  // The store, and the one that took its place. Whoever still uses the first may.
  class InUse {
   public:
    explicit InUse(std::unique_ptr<cache::Store> first) : first_(std::move(first)), now_(first_.get()) {}
    cache::Store* operator->() const noexcept { return now_.load(std::memory_order_acquire); }
    cache::Store& operator*() const noexcept { return *now_.load(std::memory_order_acquire); }
    void replace(std::unique_ptr<cache::Store> next) {  // REQUIRES: called once at most
      next_ = std::move(next);
      now_.store(next_.get(), std::memory_order_release);
    }

   private:
    std::unique_ptr<cache::Store> first_;
    std::unique_ptr<cache::Store> next_;
    std::atomic<cache::Store*> now_;
  };

  InUse store_;
  Open open_;
  PurgeAll purge_all_;
  DiskChanges changes_;
  std::atomic<std::uint64_t> waiting_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> stored_{0};  // octets since the last tend()
  bool was_stored_to_ = false;            // ahead of it; of the thread that calls it
  std::atomic<bool> stopping_{false};
  std::atomic<bool> mending_{false};  // waits for its turn
  std::atomic<bool> has_ended_{false};
  std::mutex group_mutex_;  // what follows
  std::condition_variable group_closed_;
  std::shared_ptr<Group> group_;  // that the next response joins; it is the last piece of work in the queue
  DiskChanges::Ticket last_ = 0;  // of the work that was queued last
  DiskChanges::Ticket done_ = 0;  // of the work that was done last
  std::optional<std::uint64_t> next_budget_;
  std::vector<std::shared_ptr<void>> left_;  // writers that the writing thread has to drop
  DiskReaders readers_;
  std::unique_ptr<ThreadPool> reads_;
  std::unique_ptr<ThreadPool> writes_;
  std::unique_ptr<ThreadPool> operations_;
};

}  // namespace sluice::pipeline
