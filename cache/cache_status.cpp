#include "cache/cache_status.hpp"

#include <array>

#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

// RFC 9651 3.3.3; what a string cannot hold is left out.
void append_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') { out += '\\'; }
    if (c >= 0x20 && c <= 0x7e) { out += c; }
  }
  out += '"';
}

// RFC 9211 2: a member is "a String or Token" that identifies the cache.
void append_name(std::string_view name, std::string& out) {
  const char first = name.empty() ? '\0' : to_lower(name.front());
  if (is_token(name) && (first == '*' || (first >= 'a' && first <= 'z'))) {
    out += name;
    return;
  }
  append_string(name, out);
}

}  // namespace

std::string_view to_string(CacheStatus::Forward forward) noexcept {
  static constexpr std::array<std::string_view, 9> kWords = {"none", "bypass",  "method", "uri-miss", "vary-miss",
                                                             "miss", "request", "stale",  "partial"};
  const auto index = static_cast<std::size_t>(forward);
  return index < kWords.size() ? kWords[index] : "none";
}

void append_cache_status(const CacheStatus& status, std::string_view cache_name, std::string& out) {
  append_name(cache_name, out);
  // RFC 9211 2.2: "fwd ... Its value is a Token"; 2.1: "hit" and "fwd" "are exclusive; only one of them should appear".
  if (status.hit) {
    out += "; hit";
  } else if (status.forward != CacheStatus::Forward::none) {
    out.append("; fwd=").append(to_string(status.forward));
    if (status.forward_status != 0) { out.append("; fwd-status=").append(std::to_string(status.forward_status)); }
  }
  // RFC 9211 2.4: "ttl ... Its value is an Integer ... it can be negative, to indicate staleness".
  if (status.ttl) { out.append("; ttl=").append(std::to_string(status.ttl->count())); }
  if (status.stored) { out += "; stored"; }
  if (status.collapsed) { out += "; collapsed"; }
  // RFC 9211 2.7: "key ... conveys a representation of the cache key used for the response. Note that this may be
  // implementation specific."
  if (!status.key.empty()) {
    out += "; key=";
    append_string(status.key, out);
  }
  if (status.cause != MissCause::none) { out.append("; detail=").append(to_string(status.cause)); }
}

}  // namespace sluice::cache
