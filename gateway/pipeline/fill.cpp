#include "gateway/pipeline/fill.hpp"

#include <algorithm>

namespace sluice::pipeline {

void Fill::begin(Head head, cache::Store* memory) {
  std::unique_lock lock(mutex_);
  head_ = std::make_unique<const Head>(std::move(head));
  memory_ = memory;
  state_ = State::filling;
  changed(lock);
}

void Fill::append(cache::Segment segment) {
  std::unique_lock lock(mutex_);
  size_ += segment.size;
  if (!segments_.empty() && segments_.back().owner == segment.owner &&
      segments_.back().data + segments_.back().size == segment.data) {
    segments_.back().size += segment.size;
  } else {
    segments_.push_back(std::move(segment));
  }
  if (size_ > head_->largest_kept) { kept_whole_ = false; }
  if (!kept_whole_) { drop_consumed(); }
  changed(lock);
}

void Fill::complete(std::string_view trailers) {
  std::unique_lock lock(mutex_);
  trailers_ = trailers;
  state_ = State::complete;
  changed(lock);
}

void Fill::end_as(State state, std::optional<Error> error) {
  std::unique_lock lock(mutex_);
  state_ = state;
  error_ = error;
  changed(lock);
}

bool Fill::is_kept_whole() const {
  const std::lock_guard lock(mutex_);
  return kept_whole_;
}

bool Fill::may_keep_whole(std::uint64_t more) {
  const std::lock_guard lock(mutex_);
  if (count(size_ + more)) { return true; }
  lacked_room_.store(true, std::memory_order_relaxed);
  return false;
}

void Fill::pass_on() {
  std::unique_lock lock(mutex_);
  kept_whole_ = false;
  drop_consumed();
  changed(lock);
}

void Fill::stop_counting() {
  const std::lock_guard lock(mutex_);
  count(0);
}

// Has the budget room for so much, beside what needs none? What it has too much is given back.
bool Fill::count(std::uint64_t held) {
  const auto wanted = memory_ == nullptr || held <= kUncounted ? 0 : held - kUncounted;
  if (wanted > counted_ && !memory_->hold(wanted - counted_)) { return false; }
  if (wanted < counted_) { memory_->release_held(counted_ - wanted); }
  counted_ = wanted;
  return true;
}

bool Fill::has_room(TimePoint now) {
  std::unique_lock lock(mutex_);
  if (kept_whole_) { return true; }
  if (held_back_since_) { held_back_ += now - *held_back_since_; }
  held_back_since_.reset();
  if (const auto slowest = slowest_position(); slowest >= slowest_goal_) {
    slowest_goal_ = slowest + window_;
    held_back_ = {};
  }
  const auto is_free = [this] {
    const auto held = size_ - dropped_;
    return held < std::min(window_, kSmallWindow) || (held < window_ && count(held + kUncounted));
  };
  if (is_free()) { return true; }
  if (std::ranges::none_of(readers_, &Reader::waits_)) { return false; }
  held_back_since_ = now;
  if (held_back_ < kPatience) { return false; }
  let_go_of_slow_readers();
  const bool has_room = is_free();
  changed(lock);
  return has_room;
}

// What is in the newer half of the window will be taken in time.
void Fill::let_go_of_slow_readers() {
  const auto most = std::max(slowest_position(), dropped_ + (size_ - dropped_) / 2);
  for (auto* reader : readers_) {
    if (reader->position_ <= most && !reader->waits_) { reader->is_let_go_ = true; }
  }
  slowest_goal_ = 0;
  drop_consumed();
}

std::size_t Fill::readers() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(readers_, false, &Reader::is_let_go_));
}

bool Fill::give_up_if_unread(Error error) {
  std::unique_lock lock(mutex_);
  if (!std::ranges::all_of(readers_, &Reader::is_let_go_)) { return false; }
  state_ = State::failed;
  error_ = error;
  changed(lock);
  return true;
}

std::vector<cache::Segment> Fill::take_segments() const {
  const std::lock_guard lock(mutex_);
  SLUICE_ASSERT(kept_whole_, "only a response that was kept whole can be stored from memory");
  return segments_;
}

Fill::State Fill::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::optional<Error> Fill::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

std::uint64_t Fill::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void Fill::changed(std::unique_lock<std::mutex>& lock) {
  ++changes_;
  auto waiters = std::move(waiters_);
  waiters_.clear();
  lock.unlock();
  for (auto& waiter : waiters) {
    auto& mailbox = waiter->mailbox;
    mailbox.post([waiter = std::move(waiter)] { waiter->signal.announce(); });
  }
}

std::uint64_t Fill::slowest_position() const {
  auto slowest = size_;
  for (const auto* reader : readers_) {
    if (!reader->is_let_go_) { slowest = std::min(slowest, reader->position_); }
  }
  return slowest;
}

// Lets go of whole segments that every reader has passed.
void Fill::drop_consumed() {
  const auto slowest = slowest_position();
  auto first_kept = segments_.begin();
  while (first_kept != segments_.end() && dropped_ + first_kept->size <= slowest) {
    dropped_ += first_kept->size;
    ++first_kept;
  }
  segments_.erase(segments_.begin(), first_kept);
  count(size_ - dropped_);
}

Task<bool> Fill::wait_for_change(std::shared_ptr<Fill> fill, std::uint64_t seen, asio::io_context& context,
                                 Mailbox& mailbox, milliseconds limit) {
  auto waiter = std::make_shared<Waiter>(context, mailbox);
  {
    const std::lock_guard lock(fill->mutex_);
    if (fill->changes_ != seen) { co_return true; }
    fill->waiters_.push_back(waiter);
  }
  co_return co_await waiter->signal.wait_for(limit);
}

Task<> Fill::wait_for_readers(std::shared_ptr<Fill> fill, asio::io_context& context, Mailbox& mailbox) {
  const auto seen = fill->changes();
  if (fill->has_room()) { co_return; }
  co_await wait_for_change(fill, seen, context, mailbox, kPatience / 8);
}

bool Fill::holds(std::uint64_t octet, bool kept_whole) const {
  const std::lock_guard lock(mutex_);
  if ((state_ != State::filling && state_ != State::complete) || !head_->range) { return false; }
  const auto& range = *head_->range;
  if (octet < range.first || octet > range.last || (kept_whole && !kept_whole_)) { return false; }
  return dropped_ <= octet - range.first && octet - range.first <= size_;
}

Fill::Reader::Reader(std::shared_ptr<Fill> fill, std::uint64_t position) : fill_(std::move(fill)), position_(position) {
  const std::lock_guard lock(fill_->mutex_);
  came_too_late_ = fill_->dropped_ > position;
  place_ = fill_->readers_.insert(fill_->readers_.end(), this);
}

Fill::Reader::~Reader() {
  std::unique_lock lock(fill_->mutex_);
  fill_->readers_.erase(place_);
  if (!fill_->kept_whole_) { fill_->drop_consumed(); }
  fill_->changed(lock);
}

bool Fill::Reader::is_ready() const {
  const std::lock_guard lock(fill_->mutex_);
  return position_ < fill_->size_ || fill_->state_ != State::filling || is_let_go_;
}

bool Fill::Reader::was_let_go() const {
  const std::lock_guard lock(fill_->mutex_);
  return is_let_go_;
}

Result<std::optional<cache::Segment>> Fill::Reader::take() {
  std::unique_lock lock(fill_->mutex_);
  auto& fill = *fill_;
  if (is_let_go_) { return fail(ErrorKind::connection_write_timeout, Side::client, "following a fill"); }
  waits_ = false;
  if (position_ < fill.dropped_) { return fail(ErrorKind::proxy_internal_error, Side::gateway, "following a fill"); }
  auto offset = position_ - fill.dropped_;
  for (const auto& segment : fill.segments_) {
    if (offset >= segment.size) {
      offset -= segment.size;
      continue;
    }
    cache::Segment piece{segment.owner, segment.data + offset, segment.size - offset};
    position_ += piece.size;
    if (!fill.kept_whole_) {
      fill.drop_consumed();
      fill.changed(lock);
    }
    return piece;
  }
  if (fill.state_ == State::complete) { return cache::Segment{}; }
  if (fill.state_ == State::failed) {
    return std::unexpected(
        fill.error_.value_or(Error{ErrorKind::http_response_incomplete, Side::upstream, 0, false, "filling"}));
  }
  waits_ = true;
  return std::optional<cache::Segment>{};
}

}  // namespace sluice::pipeline
