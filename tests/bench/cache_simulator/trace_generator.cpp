#include "tests/bench/cache_simulator/trace_generator.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

#include "tests/bench/cache_simulator/random.hpp"
#include "tests/bench/cache_simulator/web_size.hpp"

namespace sluice::simulator {
namespace {

// A trace being drawn: keys by number, sizes by the options.
class Drawing {
 public:
  Drawing(const GeneratorOptions& options) : random(options.seed), options_(options) {
    trace_.requests.reserve(options.requests);
    trace_.keys = options.keys;
  }

  bool is_done() const { return trace_.requests.size() >= options_.requests; }
  std::size_t drawn() const { return trace_.requests.size(); }
  void add(std::uint32_t key) {
    const auto size = options_.fixed_size != 0 ? options_.fixed_size : web_size(key, options_.seed);
    trace_.requests.push_back({key, size});
  }
  std::uint32_t new_key() { return trace_.keys++; }
  RequestTrace take() { return std::move(trace_); }

  Random random;

 private:
  const GeneratorOptions& options_;
  RequestTrace trace_;
};

RequestTrace zipf(const GeneratorOptions& options, double exponent) {
  Drawing drawing(options);
  const Zipf popularity(options.keys, exponent);
  while (!drawing.is_done()) { drawing.add(popularity.draw(drawing.random)); }
  return drawing.take();
}

constexpr double kScanShare = 0.3;  // of all requests

// Bursts of requests among those of Zipf 0.9: `next` gives the keys of the burst.
template <typename Next>
RequestTrace with_bursts(const GeneratorOptions& options, Drawing& drawing, Next next) {
  const Zipf popularity(options.keys, 0.9);
  const auto burst = std::max<std::uint32_t>(options.keys / 5, 1);
  const double chance = kScanShare / burst / (1 - kScanShare);
  while (!drawing.is_done()) {
    if (drawing.random.fraction() < chance) {
      for (std::uint32_t i = 0; i < burst && !drawing.is_done(); ++i) { drawing.add(next()); }
    } else {
      drawing.add(popularity.draw(drawing.random));
    }
  }
  return drawing.take();
}

RequestTrace scan(const GeneratorOptions& options) {
  Drawing drawing(options);
  return with_bursts(options, drawing, [&] { return drawing.new_key(); });
}

RequestTrace loop(const GeneratorOptions& options) {
  Drawing drawing(options);
  std::vector<std::uint32_t> walked;
  for (std::uint32_t i = 0; i < options.keys / 2 + 1; ++i) { walked.push_back(drawing.new_key()); }
  return with_bursts(options, drawing, [&, at = std::size_t{0}]() mutable { return walked[at++ % walked.size()]; });
}

std::vector<std::uint32_t> keys_by_rank(const GeneratorOptions& options) {
  std::vector<std::uint32_t> keys(options.keys);
  std::iota(keys.begin(), keys.end(), 0U);
  return keys;
}

RequestTrace drift(const GeneratorOptions& options) {
  constexpr std::size_t kRequestsPerNewcomer = 20;
  Drawing drawing(options);
  const Zipf popularity(options.keys, 0.9);
  auto keys = keys_by_rank(options);
  while (!drawing.is_done()) {
    if (drawing.drawn() % kRequestsPerNewcomer == 0) { keys[popularity.draw(drawing.random)] = drawing.new_key(); }
    drawing.add(keys[popularity.draw(drawing.random)]);
  }
  return drawing.take();
}

void shuffle(std::vector<std::uint32_t>& keys, Random& random) {
  for (auto i = static_cast<std::uint32_t>(keys.size()); i > 1; --i) { std::swap(keys[i - 1], keys[random.below(i)]); }
}

RequestTrace phases(const GeneratorOptions& options) {
  constexpr std::uint32_t kPhases = 5;
  Drawing drawing(options);
  const Zipf popularity(options.keys, 0.9);
  auto keys = keys_by_rank(options);
  const auto length = std::max<std::size_t>(options.requests / kPhases, 1);
  while (!drawing.is_done()) {
    if (drawing.drawn() % length == 0) { shuffle(keys, drawing.random); }
    drawing.add(keys[popularity.draw(drawing.random)]);
  }
  return drawing.take();
}

// Each key is born at some time, is asked for a number of times that is distributed as Pareto's, and fades away.
RequestTrace news(const GeneratorOptions& options) {
  constexpr double kLeastRequests = 0.6;
  constexpr double kMostRequests = 20'000;
  constexpr double kLife = 0.05;  // of the trace, on average
  Drawing drawing(options);
  Random& random = drawing.random;
  std::vector<std::pair<double, std::uint32_t>> asked;
  for (std::uint32_t key = 0; asked.size() < 2ULL * options.requests; ++key) {
    const double born = random.fraction();
    const double expected = std::min(kLeastRequests / std::pow(1 - random.fraction(), 1 / 1.2), kMostRequests);
    const double life = kLife * (0.1 + 2 * random.fraction());
    const auto times = static_cast<std::uint32_t>(expected + random.fraction());
    for (std::uint32_t i = 0; i < times; ++i) {
      asked.emplace_back(born - life * std::log(1 - random.fraction()), key);
    }
  }
  std::ranges::sort(asked);
  std::vector<std::uint32_t> numbers;  // keys in the order of their first request
  for (const auto& [time, key] : asked) {
    if (drawing.is_done()) { break; }
    if (key >= numbers.size()) { numbers.resize(key + 1, UINT32_MAX); }
    if (numbers[key] == UINT32_MAX) { numbers[key] = drawing.new_key(); }
    drawing.add(numbers[key]);
  }
  return drawing.take();
}

// A day of a proxy: moderate skew that drifts, a quarter asked for once, a tenth asked again within moments.
RequestTrace mix(const GeneratorOptions& options) {
  constexpr double kOnce = 0.25;
  constexpr double kAgain = 0.1;
  constexpr std::size_t kRequestsPerNewcomer = 20;
  Drawing drawing(options);
  Random& random = drawing.random;
  const Zipf popularity(options.keys, 0.8);
  auto keys = keys_by_rank(options);
  std::array<std::uint32_t, 256> recent{};
  while (!drawing.is_done()) {
    if (drawing.drawn() % kRequestsPerNewcomer == 0) { keys[random.below(options.keys)] = drawing.new_key(); }
    const double kind = random.fraction();
    std::uint32_t key = 0;
    if (kind < kOnce) {
      key = drawing.new_key();
    } else if (kind < kOnce + kAgain) {
      key = recent[random.below(recent.size())];
    } else {
      key = keys[popularity.draw(random)];
    }
    recent[drawing.drawn() % recent.size()] = key;
    drawing.add(key);
  }
  return drawing.take();
}

constexpr std::array kKinds{
    TraceKind{"zipf-0.7", "independent requests, popularity of rank r proportional to r ^ -0.7",
              [](const GeneratorOptions& options) { return zipf(options, 0.7); }},
    TraceKind{"zipf-0.9", "the same with 0.9", [](const GeneratorOptions& options) { return zipf(options, 0.9); }},
    TraceKind{"zipf-1.1", "the same with 1.1", [](const GeneratorOptions& options) { return zipf(options, 1.1); }},
    TraceKind{"scan", "zipf-0.9 and, for 30 % of all requests, long bursts of keys asked for once", scan},
    TraceKind{"loop", "zipf-0.9 and, for 30 % of all requests, a walk round half as many other keys", loop},
    TraceKind{"drift", "zipf-0.9 where every 20 requests a new key takes the place of another", drift},
    TraceKind{"phases", "zipf-0.9 where all ranks are dealt anew four times", phases},
    TraceKind{"news", "keys that are born, asked for, and fade away within a twentieth of the trace", news},
    TraceKind{"mix", "zipf-0.8 that drifts, 25 % asked for once, 10 % asked for again within moments", mix},
};

}  // namespace

std::span<const TraceKind> trace_kinds() {
  return kKinds;
}

std::optional<RequestTrace> generate_trace(std::string_view kind, const GeneratorOptions& options) {
  const auto found = std::ranges::find(kKinds, kind, &TraceKind::name);
  if (found == kKinds.end()) { return std::nullopt; }
  auto trace = found->generate(options);
  trace.name = found->name;
  return trace;
}

}  // namespace sluice::simulator
