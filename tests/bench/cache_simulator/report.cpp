#include "tests/bench/cache_simulator/report.hpp"

#include <cstdio>

#include "tests/bench/cache_simulator/belady.hpp"

namespace sluice::simulator {
namespace {

constexpr int kNameWidth = 15;
constexpr int kColumnWidth = 8;

void print_line(std::string_view name, const std::vector<HitRatios>& ratios) {
  std::printf("%-*.*s", kNameWidth, static_cast<int>(name.size()), name.data());
  for (const auto& ratio : ratios) { std::printf("%*.2f", kColumnWidth, 100 * ratio.objects); }
  std::printf("  ");
  for (const auto& ratio : ratios) { std::printf("%*.2f", kColumnWidth, 100 * ratio.octets); }
  std::printf("\n");
  std::fflush(stdout);
}

void print_heading(const RequestTrace& trace, const std::vector<Capacity>& capacities) {
  const auto distinct = static_cast<double>(trace.distinct_octets());
  std::printf("\n%s: %zu requests, %.1f MiB of distinct responses\n", trace.name.c_str(), trace.requests.size(),
              distinct / (1 << 20));
  std::printf("%-*s", kNameWidth, "hit ratio, %");
  for (const char* which : {"objects", "octets"}) {
    std::printf("%s%*s", which[1] == 'c' ? "  " : "", kColumnWidth, which);
    for (std::size_t i = 1; i < capacities.size(); ++i) { std::printf("%*s", kColumnWidth, ""); }
  }
  std::printf("\n%-*s", kNameWidth, "cache size");
  for (const char* gap : {"", "  "}) {
    std::printf("%s", gap);
    for (const auto& capacity : capacities) { std::printf("%*s", kColumnWidth, capacity.text().c_str()); }
  }
  std::printf("\n");
}

}  // namespace

void print_report(const RequestTrace& trace, const std::vector<const PolicyKind*>& policies,
                  const std::vector<Capacity>& capacities) {
  print_heading(trace, capacities);
  const auto distinct = trace.distinct_octets();
  std::vector<HitRatios> bounds;
  for (const auto& capacity : capacities) { bounds.push_back(hit_ratio_bound(trace, capacity.octets(distinct))); }
  print_line("bound", bounds);
  for (const auto* kind : policies) {
    std::vector<HitRatios> ratios;
    for (const auto& capacity : capacities) {
      const auto policy = kind->make(trace, capacity.octets(distinct));
      ratios.push_back(replay(trace, *policy));
    }
    print_line(kind->name, ratios);
  }
}

}  // namespace sluice::simulator
