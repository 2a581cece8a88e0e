// Replays request traces through the memory tier's order of eviction and through others. See README.md.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tests/bench/cache_simulator/capacity.hpp"
#include "tests/bench/cache_simulator/policy.hpp"
#include "tests/bench/cache_simulator/report.hpp"
#include "tests/bench/cache_simulator/trace_generator.hpp"
#include "tests/bench/cache_simulator/trace_reader.hpp"

namespace {

using namespace sluice::simulator;

struct Wanted {
  std::vector<std::string> keyed_files;
  std::vector<std::string> squid_files;
  std::vector<std::string> kinds;
  std::vector<std::string> policies;
  std::vector<std::string> capacities{"1%", "3%", "10%", "30%"};
  std::string sizes = "web";
  GeneratorOptions generator;
};

[[noreturn]] void refuse(const std::string& why) {
  throw CLI::ValidationError(why);
}

std::string describe(const auto& kinds) {
  std::string text = "\n";
  for (const auto& kind : kinds) {
    text += "  " + std::string(kind.name) + std::string(16 - std::min<std::size_t>(kind.name.size(), 15), ' ') +
            std::string(kind.meaning) + "\n";
  }
  return text;
}

RequestTrace read_file(const std::string& path, TraceFormat format) {
  std::ifstream file;
  if (path != "-") { file.open(path); }
  std::istream& text = path == "-" ? std::cin : file;
  if (!text) { refuse(path + ": cannot be read"); }
  auto read = read_trace(text, format, path);
  if (!read) { refuse(read.error()); }
  if (read->skipped != 0) {
    std::printf("%s: %llu lines skipped that no cache could have answered\n", path.c_str(),
                static_cast<unsigned long long>(read->skipped));
  }
  return std::move(read->trace);
}

std::vector<const PolicyKind*> chosen_policies(const std::vector<std::string>& names) {
  std::vector<const PolicyKind*> chosen;
  for (const auto& kind : policy_kinds()) {
    if (names.empty() || std::ranges::find(names, kind.name) != names.end()) { chosen.push_back(&kind); }
  }
  for (const auto& name : names) {
    if (std::ranges::find(policy_kinds(), name, &PolicyKind::name) == policy_kinds().end()) {
      refuse("there is no policy named " + name);
    }
  }
  return chosen;
}

void run(Wanted wanted) {
  const auto policies = chosen_policies(wanted.policies);
  std::vector<Capacity> capacities;
  for (const auto& text : wanted.capacities) {
    auto capacity = Capacity::parse(text);
    if (!capacity) { refuse(capacity.error()); }
    capacities.push_back(std::move(*capacity));
  }
  if (wanted.sizes != "web") {
    const auto size = Capacity::parse(wanted.sizes);
    if (!size || size->octets(0) > UINT32_MAX) { refuse("--sizes is `web` or a size, not " + wanted.sizes); }
    wanted.generator.fixed_size = static_cast<std::uint32_t>(size->octets(0));
  }
  for (const auto& path : wanted.keyed_files) {
    print_report(read_file(path, TraceFormat::keyed), policies, capacities);
  }
  for (const auto& path : wanted.squid_files) {
    print_report(read_file(path, TraceFormat::squid), policies, capacities);
  }
  for (const auto& kind : wanted.kinds) {
    const auto trace = generate_trace(kind, wanted.generator);
    if (!trace) { refuse("there is no kind of trace named " + kind); }
    print_report(*trace, policies, capacities);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Replays request traces through the memory tier's order of eviction and through others.");
  Wanted wanted;
  app.add_option("--trace", wanted.keyed_files, "Trace with `time key size` a line; - is the standard input");
  app.add_option("--squid-log", wanted.squid_files, "Access log in Squid's native format; - is the standard input");
  app.add_option("--generate", wanted.kinds, "Kinds of generated traces; all of them when no trace is named")
      ->delimiter(',');
  app.add_option("--policies", wanted.policies, "Policies to replay through; all when none is named")->delimiter(',');
  app.add_option("--cache", wanted.capacities, "Sizes of the cache: octets, or parts of all distinct octets")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--sizes", wanted.sizes, "Sizes of responses in generated traces: `web`, or one for all")
      ->capture_default_str();
  app.add_option("--keys", wanted.generator.keys, "Popular keys of generated traces")
      ->check(CLI::Range(1U, 1U << 28))
      ->capture_default_str();
  app.add_option("--requests", wanted.generator.requests, "Requests of generated traces")
      ->check(CLI::Range(1U, 1U << 30))
      ->capture_default_str();
  app.add_option("--seed", wanted.generator.seed, "The same seed makes the same traces")->capture_default_str();
  app.footer("Kinds of traces:" + describe(trace_kinds()) + "\nPolicies:" + describe(policy_kinds()));
  try {
    app.parse(argc, argv);
    if (wanted.keyed_files.empty() && wanted.squid_files.empty() && wanted.kinds.empty()) {
      for (const auto& kind : trace_kinds()) { wanted.kinds.emplace_back(kind.name); }
    }
    run(std::move(wanted));
  } catch (const CLI::ParseError& error) { return app.exit(error); }
  return 0;
}
