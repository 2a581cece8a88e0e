#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/lists/list_hit.hpp"

namespace sluice::policy {

// `undecided`: a rule ahead of the first true one needs a fact that is not known yet; ask again at a later stage.
enum class Verdict : std::uint8_t {
  undecided,
  allow,
  deny,
  splice,    // passes without being decrypted
  bypass,    // need not go through the gateway: passes without the cache when it does
  redirect,  // answered with another place to go to
  reject,    // QUIC that is refused, so that the client falls back to TCP
};
inline constexpr std::size_t kVerdicts = 7;

std::string_view to_string(Verdict verdict) noexcept;
std::optional<Verdict> verdict_of(std::string_view word) noexcept;  // none for "undecided"

// What is let pass goes on, what is stopped does not; undecided is neither.
constexpr bool lets_pass(Verdict verdict) noexcept {
  return verdict == Verdict::allow || verdict == Verdict::splice || verdict == Verdict::bypass;
}
constexpr bool stops(Verdict verdict) noexcept {
  return verdict == Verdict::deny || verdict == Verdict::redirect || verdict == Verdict::reject;
}

// The answer to one question. Views belong to the Snapshot that decided.
struct Decision {
  Verdict verdict = Verdict::undecided;
  std::string_view rule_id;  // "r-12"; of the rule that decided, or that is waited for
  std::string_view reason;   // the rule's own words; may be empty
  std::uint64_t version = 0;
  std::uint32_t rule = 0;  // its index in Snapshot::rules()
  // The first shadow rule ahead of it that is true: what it would have said.
  Verdict shadow_verdict = Verdict::undecided;  // undecided: none
  std::uint32_t shadow_rule = 0;
  std::string_view shadow_id = {};
  bool earlier_is_pending = false;  // a rule ahead that says the same needs a fact that is not known yet
  bool shadow_is_pending = false;   // a shadow rule ahead needs a fact that is not known yet
  ListHit listed{};  // the entry by which the rule matched: listed.set is null when lists had no part in it

  // The entry in words. REQUIRES: listed.set is not null, and the Snapshot that decided still is.
  ListEntryText list_entry() const;
};

}  // namespace sluice::policy
