#include "cache/cache_directory.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "cache/rocksdb_store.hpp"

namespace sluice::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatLine = "sluice-cache 4\n";  // raise the number when old files can no longer be read
constexpr std::string_view kEpochWord = "epoch ";
constexpr std::uint64_t kLastEpoch = (1ULL << 22) - 1;  // as many bits as a store id has for it

std::string reason(int error) {
  return std::error_code(error, std::generic_category()).message();
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(4096, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// 0 when the text is not a FORMAT that this version reads.
std::uint64_t epoch_in(std::string_view text) {
  if (!text.starts_with(kFormatLine)) { return 0; }
  text.remove_prefix(kFormatLine.size());
  if (!text.starts_with(kEpochWord) || !text.ends_with('\n')) { return 0; }
  text = text.substr(kEpochWord.size(), text.size() - kEpochWord.size() - 1);
  std::uint64_t epoch = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
  return error == std::errc{} && end == text.data() + text.size() && epoch < kLastEpoch ? epoch : 0;
}

bool write_durably(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file < 0) { return false; }
  const bool is_written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool is_synced = is_written && ::fsync(file) == 0;
  return ::close(file) == 0 && is_synced;
}

void sync_directory(const std::string& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) { return; }
  ::fsync(directory);
  ::close(directory);
}

bool is_empty_but_for_lock(const fs::path& path) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const auto name = entry.path().filename();
    if (name != "LOCKED" && name != "lost+found" && name != "FORMAT.new") { return false; }
  }
  return !error;
}

const char* word_for(CacheDirectory::Aside reason) {
  return reason == CacheDirectory::Aside::damaged ? ".damaged" : ".unknown-format";
}

std::string free_name(const std::string& wanted) {
  std::error_code error;
  for (int number = 1;; ++number) {
    const auto name = wanted + "-" + std::to_string(number);
    if (!fs::exists(fs::symlink_status(name, error))) { return name; }
  }
}

// Caches of ours next to `path` that were set aside.
std::vector<fs::path> set_aside_before(const fs::path& path) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), error)) {
    const auto name = entry.path().filename().string();
    const auto has_word = [&](CacheDirectory::Aside reason) {
      return name.starts_with(path.filename().string() + word_for(reason) + "-");
    };
    const bool is_ours = has_word(CacheDirectory::Aside::damaged) || has_word(CacheDirectory::Aside::unknown_format);
    const bool is_directory = entry.symlink_status(error).type() == fs::file_type::directory;
    if (is_ours && is_directory && fs::exists(entry.path() / "LOCKED", error)) { found.push_back(entry.path()); }
  }
  return found;
}

}  // namespace

std::expected<CacheDirectory, std::string> CacheDirectory::open(const std::string& path,
                                                                std::vector<std::string>& warnings) {
  CacheDirectory directory(fs::path(path).lexically_normal().string());
  while (directory.path_.size() > 1 && directory.path_.ends_with('/')) { directory.path_.pop_back(); }
  if (auto locked = directory.create_and_lock(); !locked) { return std::unexpected(locked.error()); }
  if (auto checked = directory.check_format(warnings); !checked) { return std::unexpected(checked.error()); }
  return directory;
}

CacheDirectory::CacheDirectory(CacheDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      epoch_(other.epoch_),
      is_epoch_kept_(other.is_epoch_kept_) {}

CacheDirectory::~CacheDirectory() {
  unlock();
}

void CacheDirectory::unlock() noexcept {
  if (lock_ >= 0) { ::close(std::exchange(lock_, -1)); }
}

std::expected<void, std::string> CacheDirectory::create_and_lock() {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) { return std::unexpected("cannot create the cache directory " + path_ + ": " + error.message()); }
  const int file = ::open((path_ + "/LOCKED").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) { return std::unexpected("cannot write in the cache directory " + path_ + ": " + reason(errno)); }
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    ::close(file);
    return std::unexpected(why == EWOULDBLOCK ? "the cache directory " + path_ +
                                                    " is in use by another process; stop it, or give "
                                                    "this one a directory of its own"
                                              : "cannot lock the cache directory " + path_ + ": " + reason(why));
  }
  unlock();
  lock_ = file;
  return {};
}

std::expected<void, std::string> CacheDirectory::check_format(std::vector<std::string>& warnings) {
  const fs::path format = fs::path(path_) / "FORMAT";
  std::error_code error;
  if (!fs::exists(format, error)) {
    if (!is_empty_but_for_lock(path_)) {
      if (!fs::exists(fs::path(path_) / "db", error)) {
        return std::unexpected("the directory " + path_ + " holds other files; give the cache an empty one");
      }
      return set_aside(Aside::unknown_format, "has no FORMAT file", warnings);
    }
    epoch_ = 1;
    return write_format();
  }
  const auto last = epoch_in(read_text(format));
  if (last == 0) {
    return set_aside(Aside::unknown_format, "was written in a format that this version does not read", warnings);
  }
  epoch_ = last + 1;
  is_epoch_kept_ = false;
  return {};
}

std::expected<void, std::string> CacheDirectory::keep_epoch() {
  if (is_epoch_kept_) { return {}; }
  auto written = write_format();
  is_epoch_kept_ = written.has_value();
  return written;
}

std::expected<void, std::string> CacheDirectory::write_format() const {
  const std::string text = std::string(kFormatLine).append(kEpochWord) + std::to_string(epoch_) + "\n";
  const std::string path = path_ + "/FORMAT";
  if (!write_durably(path + ".new", text) || std::rename((path + ".new").c_str(), path.c_str()) != 0) {
    return std::unexpected("cannot write " + path + ": " + reason(errno));
  }
  sync_directory(path_);
  return {};
}

std::expected<void, std::string> CacheDirectory::set_aside(Aside reason, const std::string& why,
                                                           std::vector<std::string>& warnings) {
  const auto older = set_aside_before(path_);
  std::error_code error;
  const std::string aside = free_name(path_ + word_for(reason));
  fs::rename(path_, aside, error);
  if (error) {
    return std::unexpected("the cache in " + path_ + " " + why + " and cannot be set aside as " + aside + ": " +
                           error.message());
  }
  warnings.push_back("the cache in " + path_ + " " + why + "; it was set aside as " + aside +
                     " (delete it when nobody needs it) and the cache starts empty");
  for (const auto& directory : older) {
    fs::remove_all(directory, error);
    warnings.push_back(error ? "cannot delete " + directory.string() + ", set aside earlier: " + error.message()
                             : directory.string() + ", set aside earlier, was deleted");
  }
  // Locked anew before the old lock goes: the directory of that name is another one now.
  if (auto locked = create_and_lock(); !locked) { return locked; }
  epoch_ = 1;
  is_epoch_kept_ = true;
  return write_format();
}

bool is_in_use(const std::string& directory) noexcept {
  const int file = ::open((directory + "/LOCKED").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) { return false; }
  const bool held = ::flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(file);
  return held;
}

}  // namespace sluice::cache
