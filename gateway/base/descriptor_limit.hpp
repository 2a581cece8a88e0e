#pragma once

#include <cstdint>

namespace sluice {

// What the kernel lets this process have and what it uses.

// Raises the soft limit of open descriptors (RLIMIT_NOFILE) to the hard one; returns the limit now in force.
// When the kernel refuses, the old limit stays and is returned.
std::uint64_t raise_descriptor_limit() noexcept;

// The soft limit of open descriptors.
std::uint64_t descriptor_limit() noexcept;

// Descriptors open now; 0 when /proc is not there. Cost: reads a directory entry for each: not for a request path.
std::uint64_t open_descriptors() noexcept;

// Resident memory of this process in octets; 0 when /proc is not there.
std::uint64_t resident_memory() noexcept;

}  // namespace sluice
