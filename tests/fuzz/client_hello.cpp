// The octets that a client begins a tunnel with: however they are cut, they are read the same, and a name that is read
// is one that policy can compare.

#include "gateway/tls/client_hello.hpp"

#include <cstdint>
#include <cstdlib>

#include "gateway/http/host.hpp"

namespace {

using namespace sluice::tls;

void require(bool holds) {
  if (!holds) { std::abort(); }
}

ClientHelloReader read_in_pieces(std::string_view octets, std::size_t size) {
  ClientHelloReader reader;
  for (std::size_t at = 0; at < octets.size(); at += size) { reader.read(octets.substr(at, size)); }
  return reader;
}

void require_same(const ClientHelloReader& a, const ClientHelloReader& b) {
  require(a.state() == b.state());
  require(a.hello().server_name == b.hello().server_name);
  require(a.hello().protocols == b.hello().protocols);
  require(a.hello().has_ech == b.hello().has_ech);
}

// The same handshake message with each of its first octets in a record of its own.
std::string in_small_records(std::string_view octets) {
  std::string out;
  while (octets.size() >= 5) {
    const std::string_view header = octets.substr(0, 5);
    const std::size_t size =
        static_cast<std::size_t>(static_cast<std::uint8_t>(header[3])) << 8 | static_cast<std::uint8_t>(header[4]);
    const std::string_view fragment = octets.substr(5, size);
    for (const char octet : fragment) { (out += header.substr(0, 3)) += {'\0', '\1', octet}; }
    octets.remove_prefix(5 + fragment.size());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const auto whole = read_in_pieces(octets, octets.size() + 1);
  require_same(whole, read_in_pieces(octets, 1));
  require_same(whole, read_in_pieces(octets, 7));
  if (whole.state() != HelloState::complete) { return 0; }
  const auto& hello = whole.hello();
  if (!hello.server_name.empty()) {
    std::string again;
    bool is_address = false;
    require(sluice::http::append_normal_host(hello.server_name, again, is_address) == nullptr);
    require(again == hello.server_name && !is_address);
  }
  require(hello.protocols.size() <= ClientHelloReader::kMostProtocols);
  for (const auto& protocol : hello.protocols) { require(!protocol.empty() && protocol.size() <= 255); }
  const auto split = in_small_records(octets);
  if (split.size() < ClientHelloReader::kMostOctets) { require_same(whole, read_in_pieces(split, split.size())); }
  return 0;
}
