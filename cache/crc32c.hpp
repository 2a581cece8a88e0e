#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::cache {

// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `octets`, continuing from `crc`; 0 to begin.
// Cost: one instruction for eight octets where the processor has SSE 4.2, else a table.
std::uint32_t crc32c(std::string_view octets, std::uint32_t crc = 0) noexcept;

}  // namespace sluice::cache
