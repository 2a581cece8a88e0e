#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/miss_cause.hpp"
#include "cache/stored_response.hpp"

namespace sluice::cache {

// The outcome of an exchange at this cache in the words of RFC 9211.
struct CacheStatus {
  enum class Forward : std::uint8_t { none, bypass, method, uri_miss, vary_miss, miss, request, stale, partial };
  bool hit = false;
  Forward forward = Forward::none;
  int forward_status = 0;  // 0 when it was not forwarded or is the status sent
  std::optional<Seconds> ttl = std::nullopt;
  bool stored = false;
  bool collapsed = false;
  MissCause cause = MissCause::none;  // as `detail`
  std::string_view key = {};          // the cache key where it is not the target URI itself; "" otherwise
};
std::string_view to_string(CacheStatus::Forward forward) noexcept;  // "uri-miss"

// Appends `sluice; hit; ttl=30`, the value of one Cache-Status member.
void append_cache_status(const CacheStatus& status, std::string_view cache_name, std::string& out);

}  // namespace sluice::cache
