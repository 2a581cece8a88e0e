#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "cache/store.hpp"

namespace sluice::support {

// What a FailingStore does and has seen. Shared with the test, because the tier under test owns the store.
struct StoreScript {
  static constexpr int kNever = 1 << 30;

  // The number of the call (from 0) that fails, of each kind.
  std::atomic<int> failing_find{kNever}, failing_read{kNever}, failing_write{kNever}, failing_append{kNever},
      failing_commit{kNever}, failing_put{kNever};
  std::atomic<int> finds{0}, reads{0}, writes{0}, appends{0}, commits{0}, puts{0}, freshened{0}, purges{0}, groups{0},
      shortened{0};
  std::atomic<int> open_writers{0};
  std::atomic<bool> fails_to_keep_purges{false};
  std::atomic<bool> fails_to_purge{false};
  std::atomic<int> mended{0};
  std::atomic<int> index_steps{0};                  // that build_index_step() still has to make
  std::function<void()> before_write = [] {};       // runs on the writing thread
  std::function<void()> before_put = [] {};         // likewise
  std::function<void()> before_index_step = [] {};  // likewise
  std::function<void()> before_purge = [] {};       // likewise
  std::function<void()> before_find = [] {};        // on a reading thread
  std::function<void()> before_read = [] {};        // likewise
};

// A store that passes everything on to another one, and fails on the n-th call.
class FailingStore final : public cache::Store {
 public:
  FailingStore(std::shared_ptr<StoreScript> script, std::unique_ptr<cache::Store> store)
      : script_(std::move(script)), store_(std::move(store)) {}

  Found find(std::string_view key, cache::Fields request) override {
    script_->before_find();
    if (script_->finds++ == script_->failing_find) { return {}; }
    auto found = store_->find(key, request);
    if (found.response != nullptr && reads_by_piece && found.response->head.content_length > 0) {
      auto cold = std::make_shared<cache::StoredResponse>(*found.response);
      cold->segments.clear();
      cold->store_id = 1;
      found.response = std::move(cold);
    }
    return found;
  }
  std::expected<cache::Segment, cache::StoreError> read(const cache::StoredResponse& response,
                                                        std::uint64_t offset) override {
    script_->before_read();
    if (script_->reads++ == script_->failing_read) { return std::unexpected(cache::StoreError::store_failed); }
    for (const auto& stored : store_->list(response.head.key)) {
      if (auto piece = stored->resident_piece(offset); piece.size > 0) { return piece; }
    }
    return std::unexpected(cache::StoreError::gone);
  }
  std::expected<std::unique_ptr<cache::StoreWriter>, cache::StoreError> write(std::uint64_t expected_size) override {
    script_->before_write();
    if (script_->writes++ == script_->failing_write) { return std::unexpected(cache::StoreError::store_failed); }
    auto writer = store_->write(expected_size);
    if (!writer) { return std::unexpected(writer.error()); }
    return std::make_unique<Writer>(script_, std::move(*writer));
  }
  std::expected<void, cache::StoreError> put(cache::StoredResponsePtr response) override {
    script_->before_put();
    if (script_->puts++ == script_->failing_put) {
      store_->purge(response->head.key);
      return std::unexpected(cache::StoreError::no_space);
    }
    return store_->put(std::move(response));
  }
  void put_all(std::span<const cache::StoredResponsePtr> responses) override {
    Store::put_all(responses);
    ++script_->groups;
  }
  std::expected<void, cache::StoreError> put_part(cache::StoredResponsePtr part) override {
    script_->before_put();
    if (script_->puts++ == script_->failing_put) { return std::unexpected(cache::StoreError::no_space); }
    return store_->put_part(std::move(part));
  }
  std::expected<cache::StoredResponsePtr, cache::StoreError> freshen(const cache::StoredResponse& response,
                                                                     cache::StoredHead head) override {
    ++script_->freshened;
    return store_->freshen(response, std::move(head));
  }
  std::size_t purge(std::string_view key) override {
    script_->before_purge();
    ++script_->purges;
    return store_->purge(key);
  }
  bool is_purge_kept(std::string_view /*key*/) override { return !script_->fails_to_purge; }
  bool mend() override {
    ++script_->mended;
    return true;
  }
  std::vector<cache::StoredResponsePtr> list(std::string_view key) override { return store_->list(key); }
  Page walk(std::string_view prefix, std::string_view from, std::size_t most) override {
    return store_->walk(prefix, from, most);
  }
  std::expected<void, cache::StoreError> keep_purges(const cache::PurgeChange& change) override {
    if (script_->fails_to_keep_purges) { return std::unexpected(cache::StoreError::store_failed); }
    return store_->keep_purges(change);
  }
  bool may_have(std::string_view key) const override { return !store_->list(key).empty(); }
  cache::StoreStats stats() const override { return store_->stats(); }
  void set_budget(std::uint64_t octets) override { store_->set_budget(octets); }
  void shorten_log() override { ++script_->shortened; }
  bool build_index_step() override {
    script_->before_index_step();
    return script_->index_steps-- > 0;
  }

  bool is_open() const override { return !is_closed; }

  bool is_closed = false;
  bool reads_by_piece = false;  // what find() returns has no content of its own, as from a disk

 private:
  class Writer final : public cache::StoreWriter {
   public:
    Writer(std::shared_ptr<StoreScript> script, std::unique_ptr<cache::StoreWriter> writer)
        : script_(std::move(script)), writer_(std::move(writer)) {
      ++script_->open_writers;
    }
    ~Writer() override { --script_->open_writers; }
    std::expected<void, cache::StoreError> append(cache::Segment segment) override {
      if (script_->appends++ == script_->failing_append) { return std::unexpected(cache::StoreError::no_space); }
      return writer_->append(std::move(segment));
    }
    std::expected<cache::StoredResponsePtr, cache::StoreError> commit(cache::StoredHead head) override {
      if (script_->commits++ == script_->failing_commit) { return std::unexpected(cache::StoreError::store_failed); }
      return writer_->commit(std::move(head));
    }

   private:
    std::shared_ptr<StoreScript> script_;
    std::unique_ptr<cache::StoreWriter> writer_;
  };

  std::shared_ptr<StoreScript> script_;
  std::unique_ptr<cache::Store> store_;
};

}  // namespace sluice::support
