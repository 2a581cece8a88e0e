#pragma once

#include <vector>

namespace sluice::net {

// A kernel pipe, both ends non-blocking; empty while in the pool.
struct Pipe {
  Pipe() = default;
  Pipe(int read_end, int write_end) : read(read_end), write(write_end) {}
  Pipe(Pipe&& other) noexcept;
  Pipe& operator=(Pipe&& other) noexcept;
  ~Pipe();

  bool is_open() const noexcept { return read >= 0; }

  int read = -1;
  int write = -1;
};

// Pipes for splice(2), kept for reuse: making one costs several system calls.
// Thread: the worker's.
class PipePool {
 public:
  static constexpr int kPipeSize = 256 * 1024;

  Pipe take();          // not open when there is no descriptor left
  void put(Pipe pipe);  // REQUIRES: nothing is left in it

 private:
  static constexpr std::size_t kKept = 64;
  std::vector<Pipe> pipes_;
};

}  // namespace sluice::net
