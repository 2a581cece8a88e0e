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
  }
  return "unknown";
}

}  // namespace sluice::cache
