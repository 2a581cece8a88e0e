#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::cache {

// Why a request was not answered from the store, or a response not kept. One closed list: enum, log, metric and tool
// use the same spelling.
enum class MissCause : std::uint8_t {
  none,
  cold,
  expired,
  vary,
  no_store,
  private_,
  authorization,
  set_cookie,
  range,
  method,
  too_large,
  not_admitted,
  no_room,
  evicted,
  purged,
  error,
  bypass,
  disk_slow,
  count_,
};
std::string_view to_string(MissCause cause) noexcept;  // "cold", "no-store", "private", ...; "none" is "-"

}  // namespace sluice::cache
