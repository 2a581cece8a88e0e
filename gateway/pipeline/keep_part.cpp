#include "gateway/pipeline/keep_part.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "cache/partial_content.hpp"
#include "gateway/pipeline/content_blocks.hpp"
#include "gateway/pipeline/lookup.hpp"

namespace sluice::pipeline {

namespace {

// Chunks of one message belong together even when it has no validator.
std::uint64_t next_message() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

class PartKeeper {
 public:
  PartKeeper(Services& services, Keeping& keeping)
      : services_(services),
        keeping_(keeping),
        fill_(*keeping.fill),
        range_(*keeping.fill->head().range),
        block_begin_(range_.first),
        position_(range_.first) {}

  Task<Result<void>> read_content() {
    for (;;) {
      while (!fill_.has_room()) {
        co_await Fill::wait_for_readers(keeping_.fill, services_.context, services_.mailbox);
      }
      if (is_given_up()) { co_return fail(ErrorKind::client_gone, Side::client, "filling a part"); }
      const auto piece = co_await keeping_.forwarded.connection->reader.next();
      if (!piece) { co_return std::unexpected(piece.error()); }
      if (piece->size() > rest() || (piece->empty() && rest() > 0)) {
        co_return fail(ErrorKind::http_protocol_error, Side::upstream, "comparing a part with its Content-Range");
      }
      if (piece->empty()) { co_return Result<void>{}; }
      add(*piece);
    }
  }

  // The end of the part was proven.
  void store_fragments() {
    if (!fragments_.empty() && may_store()) { forget_others(); }
    for (auto& [range, octets] : fragments_) { store_in_memory(part(range, std::move(octets))); }
    if (fill_.is_invalidated()) { remove_stored(services_, keeping_.key); }
  }

 private:
  struct Fragment {
    cache::ByteRange range;
    cache::Segment octets;
  };

  std::uint64_t rest() const noexcept { return range_.last + 1 - position_; }
  const cache::StoredHead& head() const noexcept { return fill_.head().stored; }

  bool may_store() const { return !fill_.is_invalidated() && !was_purged(services_, head()); }

  bool is_given_up() {
    const auto& settings = keeping_.configuration->cache;
    const bool is_small = range_.size() <= keeping_.finish_up_to;
    if (settings.finish_aborted || is_small || rest() <= settings.read_ahead + cache::kPartChunk) { return false; }
    return fill_.give_up_if_unread({ErrorKind::client_gone, Side::client, 0, false, "filling a part"});
  }

  // Copies into blocks that end where a chunk does.
  void add(std::string_view piece) {
    while (!piece.empty()) {
      if (block_ == nullptr) { begin_block(); }
      const auto used = static_cast<std::size_t>(position_ - block_begin_);
      const auto size = std::min(piece.size(), block_size_ - used);
      std::memcpy(block_.get() + used, piece.data(), size);
      if (fill_.is_kept_whole() && !fill_.may_keep_whole(size)) { fill_.pass_on(); }
      fill_.append({block_, block_.get() + used, size});
      piece.remove_prefix(size);
      position_ += size;
      if (used + size == block_size_) { end_block(); }
    }
  }

  void begin_block() {
    const auto to_end_of_chunk = cache::kPartChunk - position_ % cache::kPartChunk;
    block_begin_ = position_;
    block_size_ = static_cast<std::size_t>(std::min(to_end_of_chunk, rest()));
    block_ = content_block(is_for_disk() ? nullptr : services_.content, block_size_);
  }

  void end_block() {
    const cache::ByteRange range{block_begin_, position_ - 1};
    const cache::Segment octets{block_, block_.get(), block_size_};
    block_.reset();
    const bool ends_chunk = position_ % cache::kPartChunk == 0 || position_ == head().content_length;
    if (range.first % cache::kPartChunk != 0 || !ends_chunk) {
      fragments_.push_back({range, octets});
      return;
    }
    auto chunk = part(range, octets);
    if (may_store()) { forget_others(); }
    store_in_memory(chunk);
    if (!services_.has_open_disk() || !may_store()) { return; }
    if (chunk->is_whole()) {
      services_.disk->put(std::move(chunk));
    } else {
      services_.disk->put_part(std::move(chunk));
    }
  }

  // What is stored of another representation is older, also in a tier that does not take this one.
  void forget_others() {
    if (std::exchange(has_forgotten_, true)) { return; }
    if (services_.has_open_disk()) { services_.disk->purge_others(head()); }
    const auto is_other = [&](const auto& stored) { return is_other_representation(stored->head, head()); };
    if (std::ranges::any_of(services_.memory.list(head().key), is_other)) { services_.memory.purge(head().key); }
  }

  cache::StoredResponsePtr part(cache::ByteRange range, cache::Segment octets) const {
    auto out = std::make_shared<cache::StoredResponse>();
    out->head = head();
    out->message = message_;
    out->segments.push_back(std::move(octets));
    if (range.size() < head().content_length) { out->present = cache::Spans(range); }
    return out;
  }

  // What is too large for memory as a whole.
  bool is_for_disk() const {
    return services_.has_open_disk() && head().content_length > keeping_.configuration->cache.memory_largest;
  }

  // A tier that refuses it counts that itself.
  void store_in_memory(const cache::StoredResponsePtr& part) {
    if (is_for_disk() || !may_store()) { return; }
    [[maybe_unused]] const auto admitted =
        part->is_whole() ? services_.memory.put(part) : services_.memory.put_part(part);
  }

  Services& services_;
  Keeping& keeping_;
  Fill& fill_;
  const cache::ByteRange range_;
  const std::uint64_t message_ = next_message();
  std::shared_ptr<char[]> block_;  // being filled; null between two
  std::size_t block_size_ = 0;
  std::uint64_t block_begin_;
  std::uint64_t position_;
  std::vector<Fragment> fragments_;
  bool has_forgotten_ = false;
};

}  // namespace

Task<> keep_part(Services* services, Keeping keeping) {
  PartKeeper keeper(*services, keeping);
  const auto read = co_await keeper.read_content();
  if (read) {
    keeper.store_fragments();
    keeping.fill->complete({});
  } else {
    keeping.fill->end_as(Fill::State::failed, read.error());
  }
  services->fills.leave(keeping.key, *keeping.fill);
  keeping.fill->pass_on();
  co_await finish(*services, keeping.forwarded, *keeping.configuration);
}

}  // namespace sluice::pipeline
