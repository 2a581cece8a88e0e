#include "policy/reserved.hpp"

#include <algorithm>
#include <array>

#include "policy/builtin_nets.hpp"
#include "policy/subject.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 52> kWords{
    "allow",  "deny",   "net",  "time",   "set",      "include", "test",   "not",      "unless",   "reason", "owner",
    "ticket", "shadow", "id",   "cache",  "limit",    "remove",  "strip",  "connect",  "request",  "except", "over",
    "under",  "splice", "quic", "bypass", "redirect", "list",    "group",  "user",     "category", "tenant", "sni",
    "alpn",   "ech",    "any",  "all",    "none",     "default", "expect", "at",       "mon",      "tue",    "wed",
    "thu",    "fri",    "sat",  "sun",    "daily",    "UTC",     "reject", "keep-open"};

}  // namespace

bool is_reserved(std::string_view name) noexcept {
  return std::ranges::find(kWords, name) != kWords.end() ||
         std::ranges::find(kBuiltinNets, name) != kBuiltinNets.end() ||
         std::ranges::find(kSubjects, name, &SubjectInfo::word) != kSubjects.end();
}

}  // namespace sluice::policy
