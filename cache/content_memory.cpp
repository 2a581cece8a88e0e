#include "cache/content_memory.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace sluice::cache {

namespace {

std::uint64_t whole_pages(std::uint64_t octets) noexcept {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return (octets + page - 1) / page * page;
}

std::unexpected<std::error_code> last_error() {
  return std::unexpected(std::error_code(errno, std::system_category()));
}

}  // namespace

std::expected<std::shared_ptr<ContentMemory>, std::error_code> ContentMemory::make(std::uint64_t reserve) {
  reserve = whole_pages(reserve);
  const int file = ::memfd_create("sluice-content", MFD_CLOEXEC);
  if (file < 0) { return last_error(); }
  void* base = MAP_FAILED;
  if (::ftruncate(file, static_cast<off_t>(reserve)) == 0) {
    base = ::mmap(nullptr, reserve, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
  }
  if (base == MAP_FAILED) {
    auto error = last_error();
    ::close(file);
    return error;
  }
  // A core dump is for what the program did, not for what it stored; a kernel that refuses dumps more.
  (void)::madvise(base, reserve, MADV_DONTDUMP);
  return std::shared_ptr<ContentMemory>(new ContentMemory(file, static_cast<char*>(base), reserve));
}

ContentMemory::~ContentMemory() {
  ::munmap(base_, size_);
  ::close(file_);
}

std::shared_ptr<char[]> ContentMemory::allocate(std::size_t octets) {
  const auto size = whole_pages(octets);
  std::optional<std::uint64_t> begin;
  {
    const std::lock_guard lock(mutex_);
    begin = free_.take(size);
  }
  if (!begin) { return nullptr; }
  return {base_ + *begin, Release{shared_from_this(), *begin, size}};
}

// A part that cannot be punched out may still be on its way through a socket, so that its place is not used again.
void ContentMemory::give_back(const Release& block, const char* /*data*/) noexcept {
  const auto offset = static_cast<off_t>(block.begin);
  const auto size = static_cast<off_t>(block.size);
  if (::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size) != 0) { return; }
  const std::lock_guard lock(mutex_);
  free_.give(block.begin, block.size);
}

std::optional<ContentMemory::Place> ContentMemory::place_of(const Segment& segment) noexcept {
  const auto* block = std::get_deleter<Release>(segment.owner);
  if (block == nullptr) { return std::nullopt; }
  return Place{block->memory->file_, segment.data - block->memory->base_};
}

std::size_t ContentMemory::pages_of(const Segment& segment) noexcept {
  const auto* block = std::get_deleter<Release>(segment.owner);
  return block == nullptr ? 0 : static_cast<std::size_t>(block->size);
}

std::uint64_t ContentMemory::used() const {
  const std::lock_guard lock(mutex_);
  return size_ - free_.free();
}

}  // namespace sluice::cache
