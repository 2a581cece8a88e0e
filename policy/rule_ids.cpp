#include "policy/rule_ids.hpp"

#include <cstdint>
#include <unordered_map>

namespace sluice::policy {
namespace {

// FNV-1a, 64 bits, folded to 24. Part of the language: ids stand in logs and in people's notes.
std::uint32_t hash24(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return static_cast<std::uint32_t>((hash ^ hash >> 24 ^ hash >> 48) & 0xffffff);
}

std::string derived_id(const RuleSyntax& rule) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::uint32_t hash = hash24(effect_text(rule));
  std::string id = "r-";
  for (int shift = 20; shift >= 0; shift -= 4) { id += kDigits[hash >> shift & 0xf]; }
  return id;
}

using Lines = std::unordered_map<std::string, int>;  // of each id

void take_written_ids(const PolicySyntax& policy, Report& report, Lines& taken) {
  for (const RuleSyntax& rule : policy.rules) {
    if (!rule.has_own_id) { continue; }
    const auto [other, is_new] = taken.emplace(rule.id, rule.at.line);
    if (is_new) { continue; }
    report.error(rule.id_at, "the id `" + rule.id + "` is used on line " + std::to_string(other->second) + " already");
  }
}

}  // namespace

void assign_ids(PolicySyntax& policy, Report& report) {
  Lines taken;
  take_written_ids(policy, report, taken);
  std::unordered_map<std::string, int> used;  // how often each derived id came up
  for (RuleSyntax& rule : policy.rules) {
    if (rule.has_own_id) { continue; }
    const std::string derived = derived_id(rule);
    int& count = used[derived];
    do {
      ++count;
      rule.id = count == 1 ? derived : derived + '-' + std::to_string(count);
    } while (!taken.emplace(rule.id, rule.at.line).second);
  }
}

}  // namespace sluice::policy
