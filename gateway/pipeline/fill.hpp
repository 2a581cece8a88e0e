#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "cache/store.hpp"
#include "gateway/base/error.hpp"
#include "gateway/base/mailbox.hpp"
#include "gateway/base/signal.hpp"

namespace sluice::pipeline {

// A response on its way into the cache, readable while it grows: one leader forwards and fills, any number of clients
// on any worker follow. Small ones are kept whole until the end, while the memory tier has room for them; a large one
// passes through a window that the slowest reader holds back, but not for long when others wait.
// Thread: any; a short lock inside. Lifetime: shared by leader and readers; not beyond that of the memory tier.
class Fill {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Who makes others wait for longer than this while it gets through a window is let go from the fill.
  static constexpr milliseconds kPatience{2000};

  // What each fill may have in memory beside the budget, as a response that is passed through has its buffers.
  static constexpr std::uint64_t kUncounted = 64ULL << 10;
  static constexpr std::uint64_t kSmallWindow = 2 * kUncounted;  // where the budget has no room for a larger one

  enum class State : std::uint8_t {
    waiting,      // no head yet
    filling,      // head is known, content grows
    complete,     // all content is here, and stored where it fits
    uncacheable,  // the response may not be stored: everyone forwards for itself
    look_again,   // what the store holds has changed (validated): look it up again
    failed,       // the forward failed; error() says how
  };

  struct Head {
    cache::StoredHead stored;  // content_length is set when `length_known`
    bool length_known = false;
    std::optional<cache::ByteRange> range = std::nullopt;  // the part of the response that is being filled; else all
    std::uint64_t largest_kept = 0;                        // content beyond this is not kept whole in memory
  };

  explicit Fill(std::uint64_t window) : window_(window) {}
  ~Fill() { stop_counting(); }
  Fill(const Fill&) = delete;
  Fill& operator=(const Fill&) = delete;

  // The leader's side.
  // `memory`: whose budget counts what it holds; null: none.
  void begin(Head head, cache::Store* memory = nullptr);
  void append(cache::Segment segment);
  void complete(std::string_view trailers);
  void end_as(State state, std::optional<Error> error = std::nullopt);             // uncacheable, look_again or failed
  void note_stored() noexcept { stored_.store(true, std::memory_order_relaxed); }  // a tier took it
  bool is_kept_whole() const;
  bool may_keep_whole(std::uint64_t more);  // is there room to keep it whole with so many more octets?
  void pass_on();                           // it is not kept whole from now on: what every reader has passed goes
  bool lacked_room() const noexcept { return lacked_room_.load(std::memory_order_relaxed); }
  // Ahead of the store, which counts them from then on. What readers still keep is counted again by pass_on().
  void stop_counting();
  // May the leader read on? Lets go of readers that hold the others back for too long: to be asked again and again.
  bool has_room(TimePoint now = std::chrono::steady_clock::now());
  std::size_t readers() const;  // but for those let go
  bool has_readers() const { return readers() > 0; }
  // Ends it as failed unless someone reads; in one step, so that nobody comes in between. False: someone does.
  bool give_up_if_unread(Error error);
  std::vector<cache::Segment> take_segments() const;  // REQUIRES: kept whole

  // Everyone's.
  void invalidate() noexcept { invalidated_.store(true, std::memory_order_relaxed); }
  bool is_invalidated() const noexcept { return invalidated_.load(std::memory_order_relaxed); }
  bool was_stored() const noexcept { return stored_.load(std::memory_order_relaxed); }
  State state() const;
  std::optional<Error> error() const;
  std::string_view trailers() const { return trailers_; }  // REQUIRES: the state was seen to be complete
  const Head& head() const { return *head_; }              // REQUIRES: the state was seen to be filling or complete

  // Of a part: may a reader begin at this octet of the response now? `kept_whole`: only where it holds nobody back.
  bool holds(std::uint64_t octet, bool kept_whole) const;

  // A place in the content. Counts as a reader while it lives.
  class Reader {
   public:
    explicit Reader(std::shared_ptr<Fill> fill, std::uint64_t position = 0);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // What is there behind the last piece: nullopt when nothing is yet; an empty segment at the end.
    Result<std::optional<cache::Segment>> take();
    bool is_ready() const;  // take() has something to say

    // It held the others back for too long, and gets no more: take() fails.
    bool was_let_go() const;
    // True when the octet to begin with was let go before this reader came: it cannot follow.
    bool came_too_late() const noexcept { return came_too_late_; }
    const std::shared_ptr<Fill>& fill() const noexcept { return fill_; }

   private:
    friend class Fill;
    std::shared_ptr<Fill> fill_;
    std::uint64_t position_ = 0;
    bool came_too_late_ = false;
    bool waits_ = false;  // the last take() found nothing
    bool is_let_go_ = false;
    std::list<Reader*>::iterator place_;
  };

  // Ends when anything changed since `seen`, or after `limit` (false). `seen` is changes() of before the look.
  std::uint64_t changes() const;
  static Task<bool> wait_for_change(std::shared_ptr<Fill> fill, std::uint64_t seen, asio::io_context& context,
                                    Mailbox& mailbox, milliseconds limit);
  // Ends when readers went on, or after a while. Lets go of those that do not.
  static Task<> wait_for_readers(std::shared_ptr<Fill> fill, asio::io_context& context, Mailbox& mailbox);

 private:
  struct Waiter {
    explicit Waiter(asio::io_context& context, Mailbox& worker) : signal(context), mailbox(worker) {}
    Signal signal;
    Mailbox& mailbox;
  };

  void changed(std::unique_lock<std::mutex>& lock);  // wakes all waiters; unlocks
  // REQUIRES (all below): mutex_ is held.
  std::uint64_t slowest_position() const;
  void drop_consumed();
  void let_go_of_slow_readers();
  bool count(std::uint64_t held);

  const std::uint64_t window_;
  mutable std::mutex mutex_;
  State state_ = State::waiting;
  std::uint64_t changes_ = 0;
  std::optional<Error> error_;
  std::unique_ptr<const Head> head_;
  std::vector<cache::Segment> segments_;
  std::uint64_t dropped_ = 0;  // octets in front of segments_ that every reader has passed
  std::uint64_t size_ = 0;     // of the content so far
  bool kept_whole_ = true;
  cache::Store* memory_ = nullptr;
  std::uint64_t counted_ = 0;  // octets of the budget of `memory_`
  // How long somebody waited for more, and there was no room, until the slowest reader is there.
  std::uint64_t slowest_goal_ = 0;
  std::chrono::nanoseconds held_back_{0};
  std::optional<TimePoint> held_back_since_;
  std::atomic<bool> lacked_room_{false};
  std::atomic<bool> invalidated_{false};
  std::atomic<bool> stored_{false};
  std::string trailers_;  // for those who stream it; they are not stored (RFC 9111 3)
  std::list<Reader*> readers_;
  std::vector<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace sluice::pipeline
