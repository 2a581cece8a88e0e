#include "gateway/config/consistency.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "gateway/config/endpoint.hpp"
#include "gateway/config/quantity.hpp"

namespace sluice::config {
namespace {

class Checker {
 public:
  Checker(Configuration& configuration, const Places& places, std::vector<Diagnostic>& diagnostics)
      : configuration_(configuration), places_(places), diagnostics_(diagnostics) {}

  void check() {
    check_addresses();
    Cache& cache = configuration_.cache;
    Limits& limits = configuration_.limits;
    check_at_most("cache.memory_largest", cache.memory_largest, "cache.memory", cache.memory);
    if (cache.disk > 0) { check_at_most("cache.disk_largest", cache.disk_largest, "cache.disk", cache.disk); }
    check_at_most("limits.request_line", limits.request_line, "limits.head", limits.head);
    check_at_most("limits.chunk_extension", limits.chunk_extension, "limits.chunk_extensions", limits.chunk_extensions);
    if (!configuration_.upstream.parent_bypass.empty() && configuration_.upstream.parent.empty()) {
      complain("upstream.parent_bypass", "`upstream.parent_bypass` has no meaning without `upstream.parent`");
    }
  }

 private:
  // Nothing listens twice on one address. Port 0 is a new port each time.
  void check_addresses() {
    if (configuration_.listeners.empty() && places_.contains("listeners")) {
      complain("listeners", "`listeners` is empty: nobody could connect");
    }
    std::set<std::string> taken;
    for (const Listener& listener : configuration_.listeners) {
      if (!take(taken, listener.address)) {
        complain("listeners", "`" + listener.address + "` is in `listeners` twice");
      }
    }
    if (!configuration_.admin.metrics.empty() && !take(taken, configuration_.admin.metrics)) {
      complain("admin.metrics", "`admin.metrics` is the address of a listener");
    }
  }

  static bool take(std::set<std::string>& taken, const std::string& address) {
    const auto endpoint = parse_endpoint(address, HostForm::address);
    return !endpoint || endpoint->port == 0 || taken.insert(endpoint->text()).second;
  }

  void check_at_most(std::string_view name, std::uint64_t& value, std::string_view limit_name, std::uint64_t limit) {
    if (value <= limit) { return; }
    if (!places_.contains(name)) {
      value = limit;
      return;
    }
    complain(name, "`" + std::string(name) + "` (" + format_size(value) + ") is more than `" + std::string(limit_name) +
                       "` (" + format_size(limit) + "); set both");
  }

  void complain(std::string_view key, std::string message) {
    const auto place = places_.find(key);
    const Place found = place == places_.end() ? Place{"defaults", 0, 0, ""} : place->second;
    diagnostics_.push_back(found.diagnostic(std::move(message)));
  }

  Configuration& configuration_;
  const Places& places_;
  std::vector<Diagnostic>& diagnostics_;
};

}  // namespace

void check_consistency(Configuration& configuration, const Places& places, std::vector<Diagnostic>& diagnostics) {
  Checker(configuration, places, diagnostics).check();
}

}  // namespace sluice::config
