// What it costs to purge many tagged responses: bench_purge DIRECTORY [RESPONSES]. Stores so many small ones on disk
// (in DIRECTORY, which must not exist), purges them by one tag, and proves by a sample that all of them are touched,
// also after the store was opened again.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cache/rocksdb_store.hpp"

namespace {

using namespace sluice::cache;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::string key_of(std::size_t i) {
  return "http://a.example/" + std::to_string(i);
}

StoredResponsePtr response(std::size_t i, UnixTime now) {
  auto stored = std::make_shared<StoredResponse>();
  auto& head = stored->head;
  head.key = key_of(i);
  head.status = 200;
  const auto tags = "all item-" + std::to_string(i);
  const Field fields[] = {{"Cache-Control", "max-age=86400", FieldName::cache_control},
                          {"Surrogate-Key", tags, FieldName::surrogate_key}};
  head.fields = OwnedFields(fields);
  head.request_time = head.response_time = now;
  head.seal();
  return stored;
}

std::unique_ptr<Store> open(const std::string& directory) {
  RocksdbStoreOptions options;
  options.directory = directory;
  auto store = open_rocksdb_store(options);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().c_str());
    std::exit(1);
  }
  return std::move(*store);
}

std::size_t count_gone(Store& store, const PurgeTable& purges, std::size_t responses) {
  std::size_t gone = 0;
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto found = store.find(key_of(i * (responses / 1000)), {}).response;
    if (found != nullptr && purges.judge(found->head).is_gone) { ++gone; }
  }
  return gone;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "bench_purge DIRECTORY [RESPONSES]\n");
    return 2;
  }
  const std::string directory = arguments[1];
  const std::size_t responses = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1'000'000;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto store = open(directory);
  PurgeTable purges;
  auto start = Clock::now();
  for (std::size_t i = 0; i < responses; ++i) {
    if (!store->put(response(i, now))) {
      std::fprintf(stderr, "response %zu was not stored\n", i);
      return 1;
    }
  }
  std::printf("%zu responses stored in %.0f ms\n", responses, milliseconds_since(start));

  start = Clock::now();
  bool is_kept = false;
  purges.add(PurgeScope::tag, "all", true, now,
             [&](const PurgeChange& change) { is_kept = store->keep_purges(change).has_value(); });
  std::printf("purged by their tag in %.3f ms, kept on disk: %s\n", milliseconds_since(start), is_kept ? "yes" : "no");
  std::printf("%zu of a sample of 1000 are gone\n", count_gone(*store, purges, responses));

  const auto head = response(1, now)->head;
  constexpr int kLooks = 1'000'000;
  std::size_t gone = 0;
  start = Clock::now();
  for (int i = 0; i < kLooks; ++i) { gone += purges.judge(head).is_gone ? 1 : 0; }
  std::printf("looking a response up in the table takes %.0f ns (%zu)\n", milliseconds_since(start) * 1e6 / kLooks,
              gone);

  store.reset();
  start = Clock::now();
  store = open(directory);
  PurgeTable next;
  next.restore(store->kept_purges());
  std::printf("opened again in %.0f ms; %zu of the sample are gone\n", milliseconds_since(start),
              count_gone(*store, next, responses));
  return 0;
}
