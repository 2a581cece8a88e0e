#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::policy {

// What a setting line is about. Of all lines of a kind the first that holds applies; of `request_field` and
// `response_field` the first for each name.
enum class SettingKind : std::uint8_t {
  connect_to,
  cache_key_drop_query,
  cache_key_sort_query,
  cache_never,
  strip_query,
  limit_connections,
  cache_ttl,
  cache_grace,
  cache_negative,
  cache_ignore_set_cookie,
  cache_finish_aborted,
  limit_rate,
  limit_size,
  request_field,
  response_field,
};
inline constexpr std::size_t kSingleSettings = 13;  // the kinds ahead of the fields

inline constexpr std::uint64_t kHighestRate = 10'000'000'000;  // octets a second

// When a setting is chosen: with what the request says, ahead of any address and response; or with the response's head.
enum class SettingStage : std::uint8_t { request, response };

// A compiled setting line. Of the values only the kind's own is filled.
struct Setting {
  SettingKind kind = SettingKind::cache_never;
  std::chrono::seconds lifetime{};  // cache_ttl, cache_grace, cache_negative
  std::uint64_t size = 0;  // limit_size, cache_finish_aborted (all of them: the largest number); limit_rate: of
                           // a second, from 1 to kHighestRate
  std::uint32_t most = 0;  // limit_connections
  std::string name;        // of the field; of connect_to the host or address
  std::string value;       // of the field; not of one that is removed
  std::uint16_t port = 0;  // connect_to; 0: the target's own
  bool is_removal = false;
  std::vector<std::string> parameters;  // cache_key_drop_query; a `*` at the end stands for the rest of the name
  std::uint32_t rule = 0;               // index into Snapshot::rules()
};

// The settings that apply to one exchange at one stage.
// Lifetime: that of the snapshot that chose them.
struct Settings {
  std::array<const Setting*, kSingleSettings> single{};
  std::vector<const Setting*> fields;  // each name once
  const Setting* shadow = nullptr;     // the first that would have applied if it were no shadow

  const Setting* operator[](SettingKind kind) const noexcept { return single[static_cast<std::size_t>(kind)]; }
  void clear() noexcept {
    single.fill(nullptr);
    fields.clear();
    shadow = nullptr;
  }
};

}  // namespace sluice::policy
