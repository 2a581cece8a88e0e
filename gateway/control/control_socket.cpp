#include "gateway/control/control_socket.hpp"

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sluice::control {
namespace {

constexpr int kBacklog = 64;
constexpr int kLockAttempts = 100;
constexpr int kLockPause = 20;  // milliseconds

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error("cannot make the control socket " + path + ": " + why);
}

[[noreturn]] void refuse_with_errno(const std::string& path) {
  refuse(path, std::system_category().message(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return descriptor_; }
  int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    refuse(path, "the path must have 1 to 107 octets; set admin.socket to a shorter one");
  }
  path.copy(static_cast<char*>(address.sun_path), path.size());
  return address;
}

int open_socket(const std::string& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) { refuse_with_errno(path); }
  return descriptor;
}

// Two daemons that start at once must not both find the name free: the directory is locked while we look and bind.
int lock_directory(const std::string& path) {
  auto directory = std::filesystem::path(path).parent_path();
  if (directory.empty()) { directory = "."; }
  Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) { refuse_with_errno(path); }
  for (int i = 0; i < kLockAttempts; ++i) {
    if (::flock(opened.get(), LOCK_EX | LOCK_NB) == 0) { return opened.release(); }
    if (errno != EWOULDBLOCK && errno != EINTR) { refuse_with_errno(path); }
    ::poll(nullptr, 0, kLockPause);
  }
  refuse(path, "its directory is locked by another process");
}

void remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) { return; }
    refuse_with_errno(path);
  }
  if (!S_ISSOCK(status.st_mode)) { refuse(path, "the file is there and is no socket"); }
  const Descriptor probe(open_socket(path));
  const int connected = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  // EAGAIN: someone listens and is busy.
  if (connected == 0 || errno == EAGAIN) {
    throw std::runtime_error("another sluiced is running with this state directory (socket " + path + ")");
  }
  if (errno != ECONNREFUSED) { refuse_with_errno(path); }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) { refuse_with_errno(path); }
}

}  // namespace

ControlSocket::ControlSocket(std::string path) : path_(std::move(path)) {
  const sockaddr_un address = address_of(path_);
  const Descriptor lock(lock_directory(path_));
  remove_stale(path_, address);
  Descriptor descriptor(open_socket(path_));
  if (::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    refuse_with_errno(path_);
  }
  struct stat status{};
  if (::chmod(path_.c_str(), 0666) != 0 || ::listen(descriptor.get(), kBacklog) != 0 ||
      ::lstat(path_.c_str(), &status) != 0) {
    const int error = errno;
    ::unlink(path_.c_str());
    errno = error;
    refuse_with_errno(path_);
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  descriptor_ = descriptor.release();
}

ControlSocket::~ControlSocket() {
  if (descriptor_ >= 0) { ::close(descriptor_); }
  remove();
}

int ControlSocket::release() noexcept {
  return std::exchange(descriptor_, -1);
}

void ControlSocket::remove() noexcept {
  struct stat status{};
  const bool is_ours =
      inode_ != 0 && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  if (is_ours) { ::unlink(path_.c_str()); }
  inode_ = 0;
}

}  // namespace sluice::control
