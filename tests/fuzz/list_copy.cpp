// Files that the daemon writes about lists and reads again: kept copies, and edits. What is read says the same again.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/control/lists/list_edits.hpp"
#include "gateway/control/lists/list_source.hpp"

namespace {

void require(bool holds) {
  if (!holds) { std::abort(); }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::control;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto source = read_kept_copy(text)) {
    const auto again = read_kept_copy(kept_copy(*source));
    require(again.has_value());
    require(again->hash() == source->hash());
  }
  if (const auto edits = read_edits(text)) {
    std::string written;
    for (const ListEdit& edit : *edits) { written += edit.text(); }
    const auto again = read_edits(written);
    require(again.has_value());
    require(again->size() == edits->size());
  }
  return 0;
}
