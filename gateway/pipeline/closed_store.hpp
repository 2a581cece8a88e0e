#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>

#include "cache/store.hpp"

namespace sluice::pipeline {

// Stands in the place of a disk store that is not open: it cannot be opened now, or is switched off while what it holds
// is still there. It has nothing and takes nothing; what is purged meanwhile is not in what it stands for either, once
// that is opened. For this process purges are remembered here, for the next one by a file next to the directory of the
// store (the mark): where that is, everything stored counts as purged. Thread: any.
class ClosedStore final : public cache::Store {
 public:
  static constexpr std::size_t kMostKeys = 65536;  // beyond that, everything counts as purged

  ClosedStore(std::string mark, std::uint64_t budget);

  Found find(std::string_view, cache::Fields) override { return {}; }
  std::expected<cache::Segment, cache::StoreError> read(const cache::StoredResponse&, std::uint64_t) override;
  std::expected<std::unique_ptr<cache::StoreWriter>, cache::StoreError> write(std::uint64_t expected_size) override;
  std::expected<void, cache::StoreError> put(cache::StoredResponsePtr) override;
  std::expected<void, cache::StoreError> put_part(cache::StoredResponsePtr) override;
  std::expected<cache::StoredResponsePtr, cache::StoreError> freshen(const cache::StoredResponse&,
                                                                     cache::StoredHead) override;
  std::size_t purge(std::string_view key) override;
  std::expected<void, cache::StoreError> keep_purges(const cache::PurgeChange& change) override;
  bool is_purge_kept(std::string_view key) override;
  std::vector<cache::StoredResponsePtr> list(std::string_view) override { return {}; }
  Page walk(std::string_view, std::string_view, std::size_t) override { return {}; }
  bool may_have(std::string_view) const override { return false; }
  cache::StoreStats stats() const override { return {.budget = budget_}; }
  void set_budget(std::uint64_t octets) override { budget_ = octets; }
  bool is_open() const override { return false; }
  bool mend() override;

  // Does everything in the store count as purged: by an earlier process, or because too much was purged here?
  bool is_all_purged() const;
  // Purges in the store that was opened what was purged here, and passes later purges on to it. The mark goes when the
  // store has taken all. REQUIRES: called once at most; `next` outlives this.
  void hand_over(cache::Store& next, bool is_kept);

 private:
  bool set_mark();

  const std::string mark_;
  const bool was_marked_;
  std::atomic<std::uint64_t> budget_;
  mutable std::mutex mutex_;  // what follows
  bool is_marked_;
  bool has_purges_ = false;
  bool has_too_many_ = false;
  std::set<std::string, std::less<>> purged_;
  cache::Store* next_ = nullptr;
};

}  // namespace sluice::pipeline
