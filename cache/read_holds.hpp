#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace sluice::cache {

// Which responses on disk somebody reads piece by piece. A response may be purged, evicted or replaced meanwhile: it is
// not found any more, but its content stays until the last reader has gone, so that no client is cut. Thread: any.
class ReadHolds : public std::enable_shared_from_this<ReadHolds> {
 public:
  // While the token lives the content of `id` is not removed. Null when it is being removed just now. The token may
  // outlive the store.
  std::shared_ptr<const void> hold(std::uint64_t id);

  // May the content of `id` be removed? True: nobody can hold it until end_removal(). False: it has readers.
  bool begin_removal(std::uint64_t id);
  void end_removal(std::uint64_t id);

  // The response is gone and its content was left behind for its readers; `octets` go on counting.
  struct Left {
    std::uint64_t id = 0;
    std::uint64_t octets = 0;
  };
  void leave(const Left& left);
  // What was left behind and has no reader any more, once.
  std::vector<Left> take_unread();

 private:
  void release(std::uint64_t id);

  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint32_t> readers_;
  std::unordered_set<std::uint64_t> removing_;
  std::unordered_map<std::uint64_t, std::uint64_t> left_;  // octets by id
  std::vector<Left> unread_;
};

}  // namespace sluice::cache
