#include "gateway/base/descriptor_limit.hpp"

#include <charconv>
#include <cstring>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace sluice {

std::uint64_t descriptor_limit() noexcept {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

std::uint64_t raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);  // refused: the old limit stays, and is what we return
  }
  return descriptor_limit();
}

std::uint64_t open_descriptors() noexcept {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) { return 0; }
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') { ++count; }
  }
  ::closedir(directory);
  return count - 1;  // the directory itself was open while we read
}

// /proc/self/statm: "size resident shared ...", in pages.
std::uint64_t resident_memory() noexcept {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) { return 0; }
  char text[128];
  const ssize_t length = ::read(file, text, sizeof text);
  ::close(file);
  if (length <= 0) { return 0; }
  const std::string_view line(text, static_cast<std::size_t>(length));
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) { return 0; }
  std::uint64_t pages = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), pages);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace sluice
