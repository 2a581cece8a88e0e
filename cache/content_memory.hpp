#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

#include "cache/extents.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// Memory for large content in a file that is nowhere on disk (memfd_create(2)), so that the kernel can send it by
// sendfile(2) without a copy. A block that nobody owns any more is punched out of the file: its pages go back to the
// kernel at once, and octets of it that are still on their way through a socket keep their pages and are never
// overwritten by what comes to that place later.
// Thread: any. Lives as long as one of its blocks does.
class ContentMemory : public std::enable_shared_from_this<ContentMemory> {
 public:
  static constexpr std::size_t kSmallest = 32 * 1024;  // smaller content is copied as cheaply, and belongs on the heap

  // `reserve`: octets of address space; pages are taken as they are written. Errors: the system's.
  static std::expected<std::shared_ptr<ContentMemory>, std::error_code> make(std::uint64_t reserve);
  ~ContentMemory();
  ContentMemory(const ContentMemory&) = delete;
  ContentMemory& operator=(const ContentMemory&) = delete;

  // A block of whole pages, zeroed, for content of that size; null when no free part of the address space is so large.
  std::shared_ptr<char[]> allocate(std::size_t octets);

  // Where the octets of a segment are in the file; none when they are elsewhere.
  struct Place {
    int file = -1;
    std::int64_t offset = 0;
  };
  static std::optional<Place> place_of(const Segment& segment) noexcept;

  // What a segment takes there: whole pages. 0 when it is elsewhere.
  static std::size_t pages_of(const Segment& segment) noexcept;

  std::uint64_t used() const;  // octets of blocks that are owned

 private:
  // Gives a block back when its last owner goes.
  struct Release {
    std::shared_ptr<ContentMemory> memory;
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    void operator()(const char* block) const noexcept { memory->give_back(*this, block); }
  };

  ContentMemory(int file, char* base, std::uint64_t reserve)
      : file_(file), base_(base), size_(reserve), free_(reserve) {}
  void give_back(const Release& block, const char* data) noexcept;

  const int file_;
  char* const base_;
  const std::uint64_t size_;
  mutable std::mutex mutex_;
  Extents free_;
};

}  // namespace sluice::cache
