// CPU time of what the memory tier does on the request path: a find that hits, a find that misses, and a put that has
// to evict, each over responses of one size. Best of several rounds.

#include "cache/memory_store.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <time.h>

namespace {

using namespace sluice::cache;

constexpr int kRounds = 7;
constexpr std::uint64_t kBudget = 256ULL << 20;
constexpr int kCalls = 200'000;

double cpu_now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

std::uint64_t sink = 0;  // keeps results alive

std::string key_of(std::uint64_t number) {
  return "http://www.example.com/assets/images/" + std::to_string(number) + ".webp";
}

StoredResponsePtr make_response(std::uint64_t number, std::size_t size) {
  const Field lines[] = {{"Content-Type", "image/webp", FieldName::content_type},
                         {"Cache-Control", "public, max-age=86400", FieldName::cache_control},
                         {"ETag", "\"5f2c-61a\"", FieldName::etag}};
  auto response = std::make_shared<StoredResponse>();
  response->head.key = key_of(number);
  response->head.status = 200;
  response->head.fields = OwnedFields(lines);
  response->head.content_length = size;
  response->head.seal();
  auto content = std::make_shared_for_overwrite<char[]>(size);
  std::fill_n(content.get(), size, 'x');
  const char* data = content.get();
  response->segments.push_back({std::move(content), data, size});
  return response;
}

// Numbers spread over [0, most), the same in every run.
class Numbers {
 public:
  std::uint64_t below(std::uint64_t most) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ % most;
  }

 private:
  std::uint64_t state_ = 88172645463325252;
};

struct Best {
  double hit = 1e18;
  double miss = 1e18;
  double put = 1e18;
};

double time_finds(Store& store, const std::vector<std::string>& keys, Numbers& numbers) {
  std::vector<const std::string*> asked;
  for (int i = 0; i < kCalls; ++i) { asked.push_back(&keys[numbers.below(keys.size())]); }
  const double start = cpu_now();
  for (const auto* key : asked) { sink += store.find(*key, {}).response != nullptr ? 1U : 0U; }
  return (cpu_now() - start) / kCalls;
}

double time_puts(Store& store, std::uint64_t first, std::size_t size) {
  const int calls = static_cast<int>(std::min<std::uint64_t>(kCalls, (kBudget / 2) / (size + 1024)));
  std::vector<StoredResponsePtr> fresh;
  for (int i = 0; i < calls; ++i) { fresh.push_back(make_response(first + static_cast<std::uint64_t>(i), size)); }
  const double start = cpu_now();
  for (auto& response : fresh) { sink += store.put(std::move(response)) ? 1U : 0U; }
  return (cpu_now() - start) / calls;
}

void measure(std::size_t size) {
  const auto store = make_memory_store({.budget = kBudget, .largest_response = kBudget / 16, .shards = 16});
  std::uint64_t next = 0;
  while (store->stats().evictions < 1000) { sink += store->put(make_response(next++, size)) ? 1U : 0U; }
  Numbers numbers;
  Best best;
  std::vector<std::string> absent;
  for (std::uint64_t i = 0; i < 20'000; ++i) { absent.push_back(key_of(i + (1ULL << 40))); }
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::string> stored;
    for (std::uint64_t i = 0; i < next && stored.size() < 20'000; ++i) {
      auto key = key_of(next - 1 - i);
      if (store->may_have(key)) { stored.push_back(std::move(key)); }
    }
    best.hit = std::min(best.hit, time_finds(*store, stored, numbers));
    best.miss = std::min(best.miss, time_finds(*store, absent, numbers));
    best.put = std::min(best.put, time_puts(*store, next, size));
    next += kCalls;
  }
  std::printf("%8zu octets   find, hit %6.0f ns   find, miss %6.0f ns   put with eviction %6.0f ns   (%zu stored)\n",
              size, best.hit, best.miss, best.put, static_cast<std::size_t>(store->stats().responses));
}

}  // namespace

int main() {
  for (const std::size_t size : {1024, 8192, 65536}) { measure(size); }
  return sink == 0 ? 1 : 0;
}
