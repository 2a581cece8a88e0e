#include "gateway/base/mapped_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice {
namespace {

std::unexpected<std::error_code> system_failure() {
  return std::unexpected(std::error_code(errno, std::system_category()));
}

}  // namespace

std::expected<std::shared_ptr<const MappedFile>, std::error_code> MappedFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) { return system_failure(); }
  struct stat status{};
  void* data = nullptr;
  bool is_good = ::fstat(descriptor, &status) == 0;
  if (is_good && status.st_size > 0) {
    data =
        ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_SHARED | MAP_POPULATE, descriptor, 0);
    is_good = data != MAP_FAILED;
  }
  const auto failure = system_failure();
  ::close(descriptor);
  if (!is_good) { return failure; }
  return std::shared_ptr<const MappedFile>(new MappedFile(data, static_cast<std::size_t>(status.st_size)));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) { ::munmap(data_, size_); }
}

}  // namespace sluice
