#include "cache/eviction_order.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sluice::cache {
namespace {

constexpr unsigned kLeastWidth = 9;            // bits of the sizes in the first class: up to 511 octets
constexpr int kMostReinsertions = 256;         // bounds the time of one eviction
constexpr double kLeastShare = 0.01;           // of the small queue
constexpr double kMostShare = 0.9;             // of the small queue
constexpr double kShareStep = 8;               // divided by the number of entries
constexpr std::uint32_t kFewestEntries = 400;  // that the step is divided by
constexpr std::uint32_t kSoon = 5;             // departures of a fifth of the entries
constexpr std::uint32_t kGhostLife = 2;        // departures of half the entries

std::uint8_t class_of(std::uint64_t octets, unsigned classes) noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(octets));
  return static_cast<std::uint8_t>(std::clamp(width, kLeastWidth, kLeastWidth + classes - 1) - kLeastWidth);
}

// Age times the root of the size, squared: the same order without a root. Classes are powers of two.
double urgency(std::uint32_t age, unsigned size_class) noexcept {
  return static_cast<double>(age) * static_cast<double>(age) * static_cast<double>(1ULL << size_class);
}

}  // namespace

void EvictionOrder::insert(EvictionEntry& entry) noexcept {
  entry.queue_ = EvictionQueue::small;
  entry.uses_ = 0;
  if (const auto ghost = ghosts_.take(entry.hash_)) {
    learn_from(*ghost);
    if (ghost->departures_since < entries_ / kGhostLife) { entry.queue_ = EvictionQueue::main; }
  }
  ++insertions_;
  ++entries_;
  push(entry);
}

void EvictionOrder::remove(EvictionEntry& entry) noexcept {
  unlink(entry);
  --entries_;
}

void EvictionOrder::replace(EvictionEntry& old, EvictionEntry& fresh) noexcept {
  unlink(old);
  fresh.queue_ = old.queue_;
  fresh.uses_ = old.uses_;
  ++insertions_;
  push(fresh);
}

void EvictionOrder::recharge(EvictionEntry& entry, std::uint64_t octets) noexcept {
  Queue& queue = queue_of(entry);
  queue.octets -= entry.octets_;
  entry.octets_ = octets;
  queue.octets += octets;
}

EvictionEntry* EvictionOrder::evict() noexcept {
  for (int moved = 0;; ++moved) {
    EvictionEntry* entry = next_of(queue_to_shorten());
    if (entry == nullptr) { return nullptr; }
    unlink(*entry);
    if (entry->uses_ == 0 || moved == kMostReinsertions) {
      ghosts_.remember(entry->hash_, entry->queue_);
      --entries_;
      return entry;
    }
    entry->uses_ = entry->queue_ == EvictionQueue::main ? entry->uses_ - 1 : 0;
    entry->queue_ = EvictionQueue::main;
    push(*entry);
  }
}

void EvictionOrder::push(EvictionEntry& entry) noexcept {
  Queue& queue = queue_of(entry);
  entry.size_class_ = class_of(entry.octets_, kClasses);
  entry.entered_ = insertions_;
  List& list = queue.lists[entry.size_class_];
  entry.newer_ = nullptr;
  entry.older_ = list.newest;
  if (list.newest != nullptr) {
    list.newest->newer_ = &entry;
  } else {
    list.oldest = &entry;
    queue.oldest_entered[entry.size_class_] = entry.entered_;
    queue.in_use |= 1U << entry.size_class_;
  }
  list.newest = &entry;
  queue.octets += entry.octets_;
}

void EvictionOrder::unlink(EvictionEntry& entry) noexcept {
  Queue& queue = queue_of(entry);
  List& list = queue.lists[entry.size_class_];
  (entry.newer_ != nullptr ? entry.newer_->older_ : list.newest) = entry.older_;
  if (entry.older_ != nullptr) {
    entry.older_->newer_ = entry.newer_;
  } else {
    list.oldest = entry.newer_;
    if (list.oldest != nullptr) {
      queue.oldest_entered[entry.size_class_] = list.oldest->entered_;
    } else {
      queue.in_use &= ~(1U << entry.size_class_);
    }
  }
  queue.octets -= entry.octets_;
}

EvictionOrder::Queue& EvictionOrder::queue_to_shorten() noexcept {
  auto& [small, main] = queues_;
  if (main.in_use == 0) { return small; }
  if (small.in_use == 0) { return main; }
  const auto octets = static_cast<double>(small.octets + main.octets);
  return static_cast<double>(small.octets) >= small_share_ * octets ? small : main;
}

EvictionEntry* EvictionOrder::next_of(const Queue& queue) const noexcept {
  EvictionEntry* next = nullptr;
  double most = -1;
  for (auto classes = queue.in_use; classes != 0; classes &= classes - 1) {
    const auto size_class = static_cast<unsigned>(std::countr_zero(classes));
    const double urgent = urgency(insertions_ - queue.oldest_entered[size_class] + 1, size_class);
    if (urgent <= most) { continue; }
    most = urgent;
    next = queue.lists[size_class].oldest;
  }
  return next;
}

void EvictionOrder::learn_from(const GhostTable::Ghost& ghost) noexcept {
  if (ghost.departures_since >= entries_ / kSoon) { return; }
  const double step = kShareStep / std::max(entries_, kFewestEntries);
  small_share_ += ghost.left == EvictionQueue::small ? step : -step;
  small_share_ = std::clamp(small_share_, kLeastShare, kMostShare);
}

}  // namespace sluice::cache
