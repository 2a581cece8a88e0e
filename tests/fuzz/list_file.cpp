// A compiled file of lists whose checksums are right and whose content is anything: it is refused, or every lookup in
// it ends and stays inside. As it is, without the checksums put right, it is opened as well.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/lists/lists.hpp"

namespace {

using namespace sluice::policy;

// At an address that is a multiple of 8, and with nothing behind it that could be read unseen.
std::shared_ptr<const ListSet> opened(std::string_view octets) {
  auto copy = std::shared_ptr<std::uint64_t[]>(new std::uint64_t[(octets.size() + 7) / 8]);
  std::ranges::copy(octets, reinterpret_cast<char*>(copy.get()));
  auto set = ListSet::open({reinterpret_cast<const char*>(copy.get()), octets.size()}, copy);
  return set ? *set : nullptr;
}

void look_around(const std::shared_ptr<const ListSet>& set) {
  const Lists lists(set, set);
  ListHits found;
  for (const std::string_view host :
       {"www.example.com", "h1.example", "p.example", "192.0.2.1", "2001:db8::1", "a.b.c"}) {
    found.clear();
    lists.find_host(host, found);
    lists.find_url("http://" + std::string(host) + "/path/evil7?q=1", found);
    for (const char* address : {"10.1.2.3", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::"}) {
      lists.find_destination(*Address::parse(address), found);
    }
    for (const ListHit& hit : found.hits) { (void)hit.set->describe(hit); }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string octets(reinterpret_cast<const char*>(data), size);
  if (const auto set = opened(octets)) { look_around(set); }
  if (octets.size() < kFileHeader) { return 0; }
  seal(octets);
  if (const auto set = opened(octets)) { look_around(set); }
  return 0;
}
