#include "policy/builtin_nets.hpp"

#include <algorithm>
#include <string>

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 13> kLocal{
    "0.0.0.0/8",        // "this network": Linux connects 0.0.0.0 to itself
    "127.0.0.0/8",      // loopback
    "169.254.0.0/16",   // link-local, and metadata at 169.254.169.254
    "224.0.0.0/4",      // multicast
    "255.255.255.255",  // broadcast
    "100.100.100.200",  // metadata (Alibaba)
    "192.0.0.192",      // metadata (Oracle)
    "168.63.129.16",    // metadata and agent channel (Azure)
    "::/127",           // unspecified and loopback
    "fe80::/10",        // link-local
    "ff00::/8",         // multicast
    "fd00:ec2::254",    // metadata (Amazon)
    "fd20:ce::254",     // metadata (Google)
};

constexpr std::array<std::string_view, 5> kPrivate{
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
};

constexpr int kIpv4Offset = 96;

// The prefix with the IPv4 address of `ipv4` moved to the octet `at` of `base`.
Prefix embedded(const Prefix& ipv4, std::array<std::uint8_t, 16> base, int at) {
  std::copy_n(ipv4.address().octets().begin() + 12, 4, base.begin() + at);
  return Prefix(Address(base), ipv4.bits() - kIpv4Offset + 8 * at);
}

void append_with_embeddings(const Prefix& prefix, std::vector<Prefix>& out) {
  out.push_back(prefix);
  if (!prefix.address().is_ipv4()) { return; }
  out.push_back(embedded(prefix, {}, 12));                        // ::a.b.c.d
  out.push_back(embedded(prefix, {0x00, 0x64, 0xff, 0x9b}, 12));  // 64:ff9b::a.b.c.d
  out.push_back(embedded(prefix, {0x20, 0x02}, 2));               // 2002:ab:cd::/48
}

std::vector<Prefix> parsed(std::span<const std::string_view> texts) {
  std::vector<Prefix> prefixes;
  for (const std::string_view text : texts) { append_with_embeddings(Prefix::parse(text).value(), prefixes); }
  return prefixes;
}

}  // namespace

std::optional<std::vector<Prefix>> builtin_net(std::string_view name, std::span<const Prefix> self) {
  if (name == "local") { return parsed(kLocal); }
  if (name == "private") { return parsed(kPrivate); }
  if (name != "self") { return std::nullopt; }
  std::vector<Prefix> prefixes;
  for (const Prefix& prefix : self) { append_with_embeddings(prefix, prefixes); }
  return prefixes;
}

}  // namespace sluice::policy
