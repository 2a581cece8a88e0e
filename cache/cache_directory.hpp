#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace sluice::cache {

// The directory of a disk tier: locked for one process, with a FORMAT file that says how to read it. What cannot be
// read is set aside (renamed to `<directory>.damaged-<number>` or `.unknown-format-<number>`) and never misread; what
// was set aside before is deleted then, so that there is one at most. Errors: sentences for the operator. Lifetime: the
// lock is held as long as the object lives, also against this process.
class CacheDirectory {
 public:
  // Creates the directory when it is missing, locks it and checks its FORMAT. Appends to `warnings` what was set aside.
  static std::expected<CacheDirectory, std::string> open(const std::string& path, std::vector<std::string>& warnings);

  CacheDirectory(CacheDirectory&& other) noexcept;
  CacheDirectory& operator=(CacheDirectory&&) = delete;
  ~CacheDirectory();

  const std::string& path() const noexcept { return path_; }
  // Counts the openings that stored something, this one included. Makes store ids unique for ever.
  std::uint64_t epoch() const noexcept { return epoch_; }

  // Puts the epoch on disk, once: ahead of the first store id that is made of it. Not at the start, which would wait
  // for what the kernel has to write.
  std::expected<void, std::string> keep_epoch();

  // Sets everything aside and starts empty, still locked. `why` completes "the cache in X ...".
  enum class Aside : std::uint8_t { damaged, unknown_format };
  std::expected<void, std::string> set_aside(Aside reason, const std::string& why, std::vector<std::string>& warnings);

 private:
  explicit CacheDirectory(std::string path) : path_(std::move(path)) {}
  std::expected<void, std::string> create_and_lock();
  std::expected<void, std::string> check_format(std::vector<std::string>& warnings);
  std::expected<void, std::string> write_format() const;
  void unlock() noexcept;

  std::string path_;
  int lock_ = -1;
  std::uint64_t epoch_ = 0;
  bool is_epoch_kept_ = true;
};

}  // namespace sluice::cache
