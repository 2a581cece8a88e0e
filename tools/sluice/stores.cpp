#include "tools/sluice/stores.hpp"

#include "tools/sluice/human.hpp"

namespace sluice::cli {

std::string store_words(const control::StoreStatus& store) {
  if (store.closed) { return "off: it cannot be opened; the daemon's log says why, and it is tried again"; }
  if (!store.enabled) { return "off"; }
  std::string out = plural(store.responses, "response") + "  " + human_size(store.octets) + " of " +
                    human_size(store.budget) + "  " + plural(store.evictions, "eviction");
  if (store.held > 0) { out += "  " + human_size(store.held) + " on its way"; }
  if (store.errors > 0) { out += "  " + plural(store.errors, "error"); }
  return out;
}

}  // namespace sluice::cli
