#include "tests/fuzz/import_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return sluice::fuzz::import_text(sluice::policy::ListFormat::adblock, data, size);
}
