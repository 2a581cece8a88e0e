#pragma once

#include <cstdint>
#include <string>

namespace sluice::tls {

// RFC 8446 6.
enum class Alert : std::uint8_t { access_denied = 49, decode_error = 50, unrecognized_name = 112 };

// The record by which a server ends a handshake that has not been answered yet.
inline std::string fatal_alert(Alert alert) {
  constexpr char kAlertRecord = 21;
  constexpr char kFatal = 2;
  return {kAlertRecord, 3, 3, 0, 2, kFatal, static_cast<char>(alert)};
}

}  // namespace sluice::tls
