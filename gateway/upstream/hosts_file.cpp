#include "gateway/upstream/hosts_file.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include <sys/stat.h>

namespace sluice::upstream {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

std::string normal_name(std::string_view word) {
  if (word.ends_with('.')) { word.remove_suffix(1); }
  std::string name(word);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') { c = static_cast<char>(c - 'A' + 'a'); }
  }
  return name;
}

void add_line(std::string_view line, HostsTable& table) {
  line = line.substr(0, line.find('#'));
  // A line that does not begin with an address (or has one with a scope, which cannot be judged) says nothing.
  const std::optional<policy::Address> address = policy::Address::parse(next_word(line));
  if (!address) { return; }
  for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
    auto& addresses = table[normal_name(word)];
    if (std::ranges::find(addresses, *address) == addresses.end()) { addresses.push_back(*address); }
  }
}

}  // namespace

HostsTable parse_hosts(std::string_view text) {
  HostsTable table;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    add_line(text.substr(0, end), table);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return table;
}

ResolvedPtr HostsFile::find(std::string_view host, Time now) {
  if (now >= next_look_) {
    next_look_ = now + std::chrono::seconds(1);
    read_if_changed();
  }
  const auto found = table_.find(host);
  return found == table_.end() ? nullptr : found->second;
}

void HostsFile::read_if_changed() {
  struct stat status{};
  Version version;
  if (::stat(path_.c_str(), &status) == 0) {
    version = {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size, status.st_ino};
  }
  if (version == version_) { return; }
  version_ = version;
  table_.clear();
  std::ifstream file(path_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (auto& [name, addresses] : parse_hosts(text)) {
    table_.emplace(name, std::make_shared<Resolved>(Resolved{std::move(addresses), false}));
  }
}

ResolvedPtr loopback_addresses() {
  std::array<std::uint8_t, 16> ipv6{};
  ipv6[15] = 1;
  return std::make_shared<Resolved>(
      Resolved{{policy::Address(ipv6), policy::Address::from_ipv4({127, 0, 0, 1})}, false});
}

}  // namespace sluice::upstream
