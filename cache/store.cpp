#include "cache/store.hpp"

namespace sluice::cache {

std::string_view to_string(StoreError error) noexcept {
  switch (error) {
    case StoreError::no_space:
      return "no-space";
    case StoreError::store_failed:
      return "store-failed";
    case StoreError::damaged:
      return "damaged";
    case StoreError::gone:
      return "gone";
    case StoreError::too_large:
      return "too-large";
    case StoreError::too_slow:
      return "too-slow";
  }
  return "unknown";
}

void Store::put_all(std::span<const StoredResponsePtr> responses) {
  for (const auto& response : responses) { [[maybe_unused]] const auto counted = put(response); }
}

std::size_t make_stale(Store& store, std::string_view key, UnixTime from) {
  const auto stored = store.list(key);
  bool all_marked = true;
  for (const auto& response : stored) {
    if (response->head.stale_from <= from) { continue; }
    auto head = response->head;
    head.stale_from = from;
    const auto marked = store.freshen(*response, std::move(head));
    all_marked = all_marked && (marked || marked.error() == StoreError::gone);
  }
  if (!all_marked) { store.purge(key); }
  return stored.size();
}

}  // namespace sluice::cache
