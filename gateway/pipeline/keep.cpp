#include "gateway/pipeline/keep.hpp"

#include <boost/asio/co_spawn.hpp>

#include "cache/cacheability.hpp"
#include "cache/partial_content.hpp"
#include "gateway/pipeline/content_blocks.hpp"
#include "gateway/pipeline/keep_part.hpp"
#include "gateway/pipeline/lookup.hpp"
#include "gateway/pipeline/purge_sweep.hpp"

namespace sluice::pipeline {

namespace {

// Known to be too large to be kept in memory.
bool is_beyond_memory(const Fill::Head& head) {
  return head.length_known && head.stored.content_length > head.largest_kept;
}

// Content goes to the followers and, when it is too large for memory, to the disk as it comes.
class Keeper {
 public:
  Keeper(Services& services, Keeping& keeping)
      : services_(services),
        keeping_(keeping),
        fill_(*keeping.fill),
        blocks_(is_beyond_memory(fill_.head()) ? nullptr : services.content,
                fill_.head().length_known ? fill_.head().stored.content_length : 0) {
    if (is_beyond_memory(fill_.head())) { write_to_disk(fill_.head().stored.content_length); }
  }

  Task<Result<void>> read_content() {
    for (;;) {
      while (!fill_.has_room()) {
        co_await Fill::wait_for_readers(keeping_.fill, services_.context, services_.mailbox);
      }
      if (is_given_up()) { co_return fail(ErrorKind::client_gone, Side::client, "filling"); }
      auto piece = co_await keeping_.forwarded.connection->reader.next();
      if (!piece) { co_return std::unexpected(piece.error()); }
      if (piece->empty()) { co_return Result<void>{}; }
      for (auto rest = *piece; !rest.empty();) {
        auto segment = blocks_.copy(rest);
        rest.remove_prefix(segment.size);
        add(std::move(segment));
      }
    }
  }

  // True when a tier took it. The disk writes behind: what fails there later is counted there.
  bool store() {
    if (fill_.is_invalidated() || was_purged(services_, fill_.head().stored)) { return false; }
    auto head = fill_.head().stored;
    head.content_length = size_;
    head.seal();
    if (writing_ != nullptr) {
      writing_->commit(std::move(head));
      services_.memory.purge(keeping_.key);  // what is there is older
      if (fill_.is_invalidated()) { remove_stored(services_, keeping_.key); }
      return !writing_->has_failed();
    }
    if (!fill_.is_kept_whole()) {  // too large for every tier, or there was no room for it
      remove_stored(services_, keeping_.key);
      return false;
    }
    auto response = std::make_shared<cache::StoredResponse>();
    response->head = std::move(head);
    response->segments = blocks_.finished(fill_.take_segments());
    fill_.stop_counting();
    // A tier that refuses it counts that itself, and loses what it had. The disk first: what is found there from now on
    // is not put into memory in the place of this.
    const bool on_disk = services_.has_open_disk() && services_.disk->put(response);
    const bool in_memory = services_.memory.put(std::move(response)).has_value();
    if (fill_.is_invalidated()) { remove_stored(services_, keeping_.key); }  // in between
    return in_memory || on_disk;
  }

 private:
  void add(cache::Segment segment) {
    size_ += segment.size;
    if (fill_.is_kept_whole() && !may_keep_whole(segment.size)) { pass_on(); }
    if (writing_ != nullptr) { writing_->append(segment); }
    fill_.append(std::move(segment));
  }

  bool may_keep_whole(std::uint64_t more) { return size_ <= fill_.head().largest_kept && fill_.may_keep_whole(more); }

  // Too large for memory, or for what there is of it now.
  void pass_on() {
    if (writing_ == nullptr) {
      write_to_disk(0);
      if (writing_ != nullptr) {
        for (auto& kept : fill_.take_segments()) { writing_->append(std::move(kept)); }
      }
    }
    fill_.pass_on();
    blocks_.pass_on();
  }

  void write_to_disk(std::uint64_t expected_size) {
    if (services_.has_open_disk()) { writing_ = std::make_unique<DiskTier::Writing>(*services_.disk, expected_size); }
  }

  // Content of unknown size counts as what has come of it.
  bool may_finish() const {
    const auto& head = fill_.head();
    const auto size = head.length_known ? head.stored.content_length : size_;
    const bool is_small = keeping_.finish_up_to > 0 && size <= keeping_.finish_up_to;
    return keeping_.configuration->cache.finish_aborted || is_small;
  }

  bool is_given_up() {
    return !may_finish() && fill_.give_up_if_unread({ErrorKind::client_gone, Side::client, 0, false, "filling"});
  }

  Services& services_;
  Keeping& keeping_;
  Fill& fill_;
  ContentBlocks blocks_;
  std::unique_ptr<DiskTier::Writing> writing_;
  std::uint64_t size_ = 0;
};

}  // namespace

bool was_purged(const Services& services, const cache::StoredHead& head) {
  if (head.generation >= services.purges.generation()) { return false; }
  return coarse_unix_now() - head.request_time > kOldestFill || !services.purges.judge(head).is_clean();
}

void begin_keeping(Exchange& exchange, Keeping& keeping) {
  const auto& forwarded = keeping.forwarded;
  const auto address = goes_to_parent(exchange) ? std::string{} : forwarded.connection->address.text();
  const auto part = cache::part_of(forwarded.view());
  const auto make_head = part ? cache::make_part_head : cache::make_stored_head;
  Fill::Head head;
  head.stored = make_head(exchange.request_view(), forwarded.view(), keeping.key, forwarded.request_time,
                          forwarded.response_time, address);
  if (part) {
    head.range = part->range;
    head.length_known = true;
  } else {
    const auto framing = forwarded.head.framing;
    head.length_known = framing == http::Framing::length || framing == http::Framing::none;
    head.stored.content_length = framing == http::Framing::length ? forwarded.head.content_length : 0;
  }
  head.largest_kept = keeping.configuration->cache.memory_largest;
  head.stored.generation = forwarded.generation;
  const auto* finish = exchange.response_settings[policy::SettingKind::cache_finish_aborted];
  if (finish != nullptr) { keeping.finish_up_to = finish->size; }
  const auto invalidations = exchange.services.fills.invalidations(keeping.key);
  if (invalidations != forwarded.invalidations) { keeping.fill->invalidate(); }
  if (exchange.for_client_alone.fields().empty()) {
    const auto fields = cache::fields_for_client_alone(forwarded.head.fields);
    if (!fields.empty()) { exchange.for_client_alone = cache::OwnedFields(fields); }
  }
  keeping.fill->begin(std::move(head), &exchange.services.memory);
}

void add_for_client_alone(const Exchange& exchange, http::ResponseHead& head) {
  const auto fields = exchange.for_client_alone.fields();
  head.fields.insert(head.fields.end(), fields.begin(), fields.end());
}

Task<> keep_whole(Services* services, Keeping keeping) {
  Keeper keeper(*services, keeping);
  const auto read = co_await keeper.read_content();
  if (read) {
    // First the store, then the end: whoever comes in between finds one or the other.
    if (keeper.store()) {
      keeping.fill->note_stored();
    } else if (keeping.replaces_stored && !keeping.fill->is_invalidated()) {
      remove_stored(*services, keeping.key);
    }
    keeping.fill->complete(keeping.forwarded.connection->reader.trailers());
  } else {
    keeping.fill->end_as(Fill::State::failed, read.error());
  }
  services->fills.leave(keeping.key, *keeping.fill);
  keeping.fill->pass_on();
  co_await finish(*services, keeping.forwarded, *keeping.configuration);
}

Task<> start_keeping(Services& services, Keeping keeping) {
  const auto keep = keeping.fill->head().range ? keep_part : keep_whole;
  const auto& head = keeping.forwarded.head;
  const auto here = keeping.forwarded.connection->reader.rest().size();
  if (head.framing == http::Framing::none || (head.framing == http::Framing::length && here >= head.content_length)) {
    co_await keep(&services, std::move(keeping));
    co_return;
  }
  auto fill = keeping.fill;
  auto key = keeping.key;
  asio::co_spawn(
      services.context, keep(&services, std::move(keeping)), [&services, fill, key](const std::exception_ptr& failure) {
        if (failure == nullptr) { return; }
        fill->end_as(Fill::State::failed, Error{ErrorKind::proxy_internal_error, Side::gateway, 0, false, "filling"});
        services.fills.leave(key, *fill);
      });
}

}  // namespace sluice::pipeline
