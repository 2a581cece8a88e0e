#pragma once

#include <string>

#include "gateway/base/descriptor.hpp"

namespace sluice {

// The state directory, held for one daemon by a lock on its file LOCKED. Policy versions, hits and lists in it are
// written by one process at a time.
// Lifetime: the lock is held as long as the object lives, and never longer than the process.
class StateLock {
 public:
  // Throws std::runtime_error, a sentence for the operator, when another daemon holds it or it cannot be written.
  explicit StateLock(const std::string& directory);

 private:
  Descriptor file_;
};

}  // namespace sluice
