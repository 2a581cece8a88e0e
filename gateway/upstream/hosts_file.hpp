#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "gateway/upstream/dns_cache.hpp"

namespace sluice::upstream {

// Names and their addresses as a hosts(5) file lists them, several lines for a name added up. Names in lower case.
using HostsTable = std::map<std::string, std::vector<policy::Address>, std::less<>>;
HostsTable parse_hosts(std::string_view text);

// A hosts file that is read again when it has changed; looked at once a second at most. A file that is not there is
// empty. Reading it blocks: it is small and seldom changes.
class HostsFile {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit HostsFile(std::string path) : path_(std::move(path)) {}

  // Null when the file does not list the name.
  ResolvedPtr find(std::string_view host, Time now);

 private:
  struct Version {
    std::int64_t seconds = 0, nanoseconds = 0, size = -1;
    std::uint64_t inode = 0;
    bool operator==(const Version&) const = default;
  };
  void read_if_changed();

  std::string path_;
  Version version_;
  Time next_look_ = Time::min();
  std::map<std::string, ResolvedPtr, std::less<>> table_;
};

ResolvedPtr loopback_addresses();  // of localhost

}  // namespace sluice::upstream
