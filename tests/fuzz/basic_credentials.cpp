// The value of Proxy-Authorization: whatever is read as credentials is one encoding of them, and nothing a log or a
// hash could be misled by.

#include <cstdint>
#include <cstdlib>

#include "gateway/identity/credentials.hpp"
#include "policy/values.hpp"
#include "tests/support/base64.hpp"

namespace {

void require(bool holds) {
  if (!holds) { std::abort(); }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const auto read = identity::parse_basic(value);
  if (!read) { return 0; }
  require(!read->user.empty() && read->user.find(':') == std::string::npos);
  require(read->user.size() <= 255 && read->password.size() <= 511);
  const auto pair = read->user + ":" + read->password;
  require(policy::is_utf8(pair));
  for (const char c : pair) { require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }
  const auto encoded = support::base64(pair);
  require(value.ends_with(" " + encoded));
  const auto again = identity::parse_basic("Basic " + encoded);
  require(again && again->user == read->user && again->password == read->password);
  return 0;
}
