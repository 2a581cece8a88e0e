#include "gateway/pipeline/purge_sweep.hpp"

#include <boost/asio/post.hpp>

namespace sluice::pipeline {

namespace {

constexpr std::size_t kStep = 256;  // responses

void carry_out(const cache::PurgeTable& purges, cache::Store& store, const cache::StoredResponse& response) {
  const auto verdict = purges.judge(response.head);
  if (verdict.is_clean()) { return; }
  if (verdict.is_gone) {
    store.purge(response.head.key);
    return;
  }
  auto head = response.head;
  head.stale_from = std::min(head.stale_from, verdict.stale_from);
  const auto marked = store.freshen(response, std::move(head));
  if (!marked && marked.error() != cache::StoreError::gone) { store.purge(response.head.key); }
}

// One step; where the next one begins.
std::string step(const cache::PurgeTable& purges, cache::Store& store, const std::string& from) {
  const auto page = store.walk("", from, kStep);
  for (const auto& response : page.responses) { carry_out(purges, store, *response); }
  return page.next;
}

// False: too much waits for the disk.
Task<bool> sweep_disk(PurgePlaces places, Mailbox& mailbox) {
  std::string from;
  do {
    const auto next = co_await places.disk->operate(
        [&purges = places.purges, from](cache::Store& store) { return step(purges, store, from); }, mailbox);
    if (!next) { co_return false; }
    from = *next;
  } while (!from.empty());
  co_return true;
}

Task<> sweep_memory(PurgePlaces places) {
  std::string from;
  do {
    from = step(places.purges, places.memory, from);
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, use_task);
  } while (!from.empty());
}

}  // namespace

Task<> sweep_purges(PurgePlaces places, std::uint64_t number, Mailbox& mailbox) {
  if (places.disk != nullptr && !places.disk->is_open()) { co_return; }  // what is in there cannot be reached
  // The disk first: what is found there is put into memory.
  if (places.disk != nullptr) {
    const bool swept = co_await sweep_disk(places, mailbox);
    if (!swept) { co_return; }
  }
  co_await sweep_memory(places);
  if (places.disk == nullptr) {
    places.purges.forget_up_to(number, [](const cache::PurgeChange&) {});
    co_return;
  }
  // What the disk does not forget now is forgotten by a later sweep, or touches what it need not after a restart.
  [[maybe_unused]] const auto forgotten = co_await places.disk->operate(
      [&purges = places.purges, number](cache::Store& store) {
        purges.forget_up_to(number, [&store](const cache::PurgeChange& change) {
          [[maybe_unused]] const auto kept = store.keep_purges(change);
        });
        return true;
      },
      mailbox);
}

}  // namespace sluice::pipeline
