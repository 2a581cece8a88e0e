// The record of a policy version: whatever decodes is encoded again to the same octets, and nothing decodes whose hash
// does not fit.

#include "gateway/control/versions/policy_version.hpp"

#include <cstdint>
#include <cstdlib>

#include "gateway/control/versions/digest.hpp"

namespace {

using namespace sluice::control;

void require(bool holds) {
  if (!holds) { std::abort(); }
}

void check(const std::string& record) {
  auto version = decode_version(record);
  if (!version) {
    require(!version.error().empty());
    return;
  }
  auto copy = *version;
  const auto again = decode_version(encode(copy));
  require(again.has_value());
  require(again->text == version->text && again->reason == version->reason && again->author == version->author);
  require(again->included.size() == version->included.size() && again->number == version->number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string octets(reinterpret_cast<const char*>(data), size);
  check(octets);
  // With the hash put right, so that what follows it is reached.
  const auto line = octets.find("\nhash ");
  const auto end = line == std::string::npos ? line : octets.find('\n', line + 1);
  if (end == std::string::npos) { return 0; }
  const auto head = octets.substr(0, line + 1);
  const auto texts = octets.substr(end + 1);
  check(head + "hash " + sha256_of(head + texts) + "\n" + texts);
  return 0;
}
