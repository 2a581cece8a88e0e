#include "gateway/state_lock.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>

namespace sluice {

StateLock::StateLock(const std::string& directory)
    : file_(::open((directory + "/LOCKED").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)) {
  if (file_.is_open() && ::flock(file_.number(), LOCK_EX | LOCK_NB) == 0) { return; }
  const int error = errno;
  if (file_.is_open() && error == EWOULDBLOCK) {
    throw std::runtime_error("another sluiced is running with the state directory " + directory +
                             "; stop it, or give this one a directory of its own (state_directory)");
  }
  throw std::runtime_error("cannot lock the state directory " + directory + ": " +
                           std::system_category().message(error));
}

}  // namespace sluice
