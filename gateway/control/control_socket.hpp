#pragma once

#include <string>

#include <sys/types.h>

namespace sluice::control {

// The name of the control socket in the file system: taken by the constructor, given back by remove().
class ControlSocket {
 public:
  // Binds and listens, mode 0666: who may use it is asked of each connection. A name that a dead daemon left is taken
  // over. Throws std::runtime_error with a sentence: another daemon answers there, it is no socket, it cannot be made.
  explicit ControlSocket(std::string path);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  int release() noexcept;  // the listening descriptor; the caller closes it
  void remove() noexcept;  // the name, if it is still ours
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace sluice::control
