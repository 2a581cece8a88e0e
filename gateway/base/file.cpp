#include "gateway/base/file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice {

namespace {

std::unexpected<std::error_code> system_failure(int error = errno) {
  return std::unexpected(std::error_code(error, std::system_category()));
}

// Closes at the end of the scope.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

std::expected<void, std::error_code> write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) { continue; }
    if (written < 0) { return system_failure(); }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

std::expected<std::string, std::error_code> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) { return system_failure(); }
  std::string content;
  char piece[16 * 1024];
  for (;;) {
    const auto count = ::read(file.get(), piece, sizeof piece);
    if (count < 0 && errno == EINTR) { continue; }
    if (count < 0) { return system_failure(); }
    if (count == 0) { return content; }
    content.append(piece, static_cast<std::size_t>(count));
  }
}

std::expected<void, std::error_code> replace_file(const std::string& path, std::string_view content) {
  const auto beside = path + ".new";
  struct stat old{};
  const mode_t mode = ::stat(path.c_str(), &old) == 0 ? old.st_mode & 07777 : 0644;
  {
    const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (file.get() < 0) { return system_failure(); }
    auto written = write_all(file.get(), content);
    if (written && ::fsync(file.get()) != 0) { written = system_failure(); }
    if (!written) {
      ::unlink(beside.c_str());
      return written;
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    return system_failure(error);
  }
  return {};
}

}  // namespace sluice
