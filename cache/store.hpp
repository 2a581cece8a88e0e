#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/purge_table.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

enum class StoreError : std::uint8_t {
  no_space,      // the disk, or the budget, is full
  store_failed,  // the disk failed; the store keeps quiet for a while
  damaged,       // a checksum did not agree: the response was dropped
  gone,          // evicted or purged since it was found
  too_large,     // larger than the store takes
  too_slow,      // the disk works and does not keep up
};
std::string_view to_string(StoreError error) noexcept;

struct StoreStats {
  std::uint64_t responses = 0;
  std::uint64_t octets = 0;  // used, as accounted against the budget
  std::uint64_t budget = 0;
  std::uint64_t evictions = 0;
  std::uint64_t stores = 0;
  std::uint64_t refused = 0;  // not admitted, too large
  std::uint64_t errors = 0;
  std::uint64_t too_slow = 0;  // of those refused: the disk did not keep up
  std::uint64_t held = 0;      // of the octets used: of content on its way (Store::hold)
};

// A stored response being written. It becomes visible to `find` at commit() and not before;
// destroying the writer without commit() leaves no trace.
// Lifetime: must not outlive its Store. Errors: no_space, store_failed, too_large.
class StoreWriter {
 public:
  virtual ~StoreWriter() = default;
  [[nodiscard]] virtual std::expected<void, StoreError> append(Segment segment) = 0;
  // `head.content_length` must be the sum of what was appended. Replaces the variant of the same key; on an error, also
  // of an append() before, what is stored of the key goes all the same: it is older.
  [[nodiscard]] virtual std::expected<StoredResponsePtr, StoreError> commit(StoredHead head) = 0;
};

// Stored responses by key and variant (RFC 9111 2, 4.1).
// Thread: any, concurrently. Cost: MemoryStore never blocks for long; RocksdbStore may read the disk, so it is called
// from a pool, except may_have().
class Store {
 public:
  virtual ~Store() = default;

  // The response that the request selects (Vary), or null. `has_other_variants` says whether the key had others.
  struct Found {
    StoredResponsePtr response;
    bool has_other_variants = false;
  };
  [[nodiscard]] virtual Found find(std::string_view key, Fields request) = 0;

  // Octets of the content from `offset` to the end of the piece that holds it. REQUIRES: offset < content_length
  // and the response has it. Errors: damaged, gone, store_failed.
  [[nodiscard]] virtual std::expected<Segment, StoreError> read(const StoredResponse& response,
                                                                std::uint64_t offset) = 0;

  // Errors: too_large when this store never takes such a size. 0: the size is not known yet.
  [[nodiscard]] virtual std::expected<std::unique_ptr<StoreWriter>, StoreError> write(std::uint64_t expected_size) = 0;

  // Stores a whole response at once. On an error what is stored of the key goes all the same: it is older.
  [[nodiscard]] virtual std::expected<void, StoreError> put(StoredResponsePtr response) = 0;

  // The same for several, in that order; together they may cost less. What could not be stored is in the statistics.
  virtual void put_all(std::span<const StoredResponsePtr> responses);

  // A part of a response (`present` is set) joins what is stored of the same representation, or takes the place of what
  // is stored under the same key and variant (RFC 9111 3.4). What is stored then is whole when nothing is missing.
  // RocksdbStore keeps the chunks that are whole in the part. Errors: those of put(); what is stored of the same
  // representation stays, of others it may.
  [[nodiscard]] virtual std::expected<void, StoreError> put_part(StoredResponsePtr part) = 0;

  // Replaces the head of the stored response with the same key and variant, content untouched (4.3.4).
  // Returns the response as now stored; Errors: gone.
  [[nodiscard]] virtual std::expected<StoredResponsePtr, StoreError> freshen(const StoredResponse& response,
                                                                             StoredHead head) = 0;

  // Removes every variant; the number removed. (4.4 and operators' purges.)
  virtual std::size_t purge(std::string_view key) = 0;

  // Purges of many responses, for the next process; a store that does not outlive this one keeps none. Written through
  // to the disk. Errors: what the disk said; the change is tried again by mend(), and ahead of whatever is stored next.
  [[nodiscard]] virtual std::expected<void, StoreError> keep_purges(const PurgeChange& /*change*/) { return {}; }
  [[nodiscard]] virtual KeptPurges kept_purges() { return {}; }

  // Did the disk take the last purge of the key? False: it is in force, and mend() tries it again.
  [[nodiscard]] virtual bool is_purge_kept(std::string_view /*key*/) { return true; }

  // Called every second or so by whoever owns the store, and before it goes: finds out whether a disk that failed works
  // again, and writes the purges that it did not take. Costs nothing while nothing failed. False: there are still some.
  virtual bool mend() { return true; }

  // False while only somebody stands in the place of a store that could not be opened.
  [[nodiscard]] virtual bool is_open() const { return true; }

  // Every stored variant under a key, for `sluice cache show`.
  [[nodiscard]] virtual std::vector<StoredResponsePtr> list(std::string_view key) = 0;

  // Goes through all that is stored under keys with that front, about `most` responses a call: `from` is "" at first,
  // then `next` of the page before, which is "" at the end. What is stored or removed meanwhile may be seen or not. The
  // order is the store's own; content may be missing. Cost: bounded, but may read the disk.
  struct Page {
    std::vector<StoredResponsePtr> responses;
    std::string next;
  };
  [[nodiscard]] virtual Page walk(std::string_view prefix, std::string_view from, std::size_t most) = 0;

  // False only when the key is certainly not there; never blocks.
  [[nodiscard]] virtual bool may_have(std::string_view key) const = 0;

  // Was something of the key evicted a while ago, and nothing stored for it since? As far as fingerprints tell; never
  // blocks.
  [[nodiscard]] virtual bool was_evicted(std::string_view /*key*/) const { return false; }

  [[nodiscard]] virtual StoreStats stats() const = 0;

  // Room in the budget for content on its way, which somebody beside the store holds: makes room, but all of it
  // together may take no more than half of the budget, or what one response of the largest size needs. False: there is
  // none now. Only a store in memory has any.
  [[nodiscard]] virtual bool hold(std::uint64_t /*octets*/) { return false; }
  virtual void release_held(std::uint64_t /*octets*/) {}  // REQUIRES: they are held

  // From now on nothing is stored beyond another budget. What a smaller one no longer holds goes by build_index_step();
  // until it has gone, stores may be refused.
  virtual void set_budget(std::uint64_t octets) = 0;

  // Moves what the next process would have to read out of a log to where it need not, when that is worth a file. The
  // store does so itself before it goes; whoever stores calls it when there is little to store. Does not wait for the
  // disk.
  virtual void shorten_log() {}

  // One bounded step of what a store does after opening and after set_budget(), called until it returns false: it
  // evicts what a smaller budget no longer holds, and RocksdbStore learns which responses earlier processes left.
  // Serving does not wait.
  virtual bool build_index_step() { return false; }
};

// A soft purge: marks every variant of the key as stale from that time on; what cannot be marked is removed. The number
// touched.
std::size_t make_stale(Store& store, std::string_view key, UnixTime from);

}  // namespace sluice::cache
