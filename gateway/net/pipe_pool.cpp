#include "gateway/net/pipe_pool.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sluice::net {

Pipe::Pipe(Pipe&& other) noexcept : read(std::exchange(other.read, -1)), write(std::exchange(other.write, -1)) {}

Pipe& Pipe::operator=(Pipe&& other) noexcept {
  std::swap(read, other.read);
  std::swap(write, other.write);
  return *this;
}

Pipe::~Pipe() {
  if (read >= 0) { ::close(read); }
  if (write >= 0) { ::close(write); }
}

Pipe PipePool::take() {
  if (!pipes_.empty()) {
    auto pipe = std::move(pipes_.back());
    pipes_.pop_back();
    return pipe;
  }
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) { return {}; }
  // A smaller pipe works too: the size is a matter of speed, and an unprivileged user's total is limited.
  ::fcntl(ends[1], F_SETPIPE_SZ, kPipeSize);
  return {ends[0], ends[1]};
}

void PipePool::put(Pipe pipe) {
  if (pipes_.size() < kKept) { pipes_.push_back(std::move(pipe)); }
}

}  // namespace sluice::net
