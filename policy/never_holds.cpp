#include "policy/never_holds.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace sluice::policy {
namespace {

// What a condition may hold for, as a set.
using Traffic = unsigned;
constexpr Traffic kPlain = 1;   // requests of http
constexpr Traffic kTunnel = 2;  // CONNECT, and what a tunnel begins with
constexpr Traffic kPacket = 4;  // QUIC, of which its packet and its hello are seen
constexpr Traffic kInside = 8;  // requests of https: nothing that is not decrypted
constexpr Traffic kSeen = kPlain | kTunnel | kPacket;
constexpr Traffic kAny = kSeen | kInside;
constexpr Traffic kRequests = kPlain | kInside;

constexpr std::string_view kConnect = "CONNECT";

template <typename Of>
Traffic of_any(const auto& values, Of of) {
  Traffic all = 0;
  for (const auto& value : values) { all |= of(value); }
  return all;
}

// By the scheme that the expression begins with, when it does.
Traffic of_expression(const Expression& expression) noexcept {
  std::string_view text = expression.text;
  if (text.starts_with("(?i)")) { text.remove_prefix(4); }
  const auto begins = [&](std::string_view scheme) {
    if (!text.starts_with(scheme)) { return false; }
    const std::string_view rest = text.substr(scheme.size());
    return rest.starts_with("://") || rest.starts_with(":\\/\\/");
  };
  if (begins("^https")) { return kInside; }
  if (begins("^http")) { return kPlain; }
  return begins("^https?") ? kRequests : kAny;
}

// Of a condition without its `not`.
Traffic of_plain(const ConditionSyntax& condition) {
  switch (condition.subject) {
    case Subject::authority:
      return kTunnel;
    case Subject::sni:
    case Subject::alpn:
    case Subject::ech:
    case Subject::inconsistent:
      return kTunnel | kPacket;
    case Subject::protocol:
      return of_any(condition.words, [](const std::string& word) { return word == "udp" ? kPacket : kAny & ~kPacket; });
    case Subject::method:
      return of_any(condition.words, [](const std::string& word) { return word == kConnect ? kTunnel : kRequests; });
    case Subject::scheme:
      return of_any(condition.words, [](const std::string& word) { return word == "http" ? kPlain : kInside; });
    case Subject::url:
      return of_any(condition.expressions, of_expression);
    case Subject::path:
    case Subject::query:
    case Subject::status:
    case Subject::type:
    case Subject::size:
    case Subject::response_field:
      return kRequests;
    case Subject::field:
      return kAny & ~kPacket;
    default:
      return kAny;
  }
}

// Conditions whose `not` leaves something out: their words say of which traffic they hold, and of all of it.
bool says_what_it_is(const ConditionSyntax& condition) noexcept {
  const bool is_one_connect = condition.words.size() == 1 && condition.words.front() == kConnect;
  return condition.subject == Subject::scheme || condition.subject == Subject::protocol ||
         (condition.subject == Subject::method && is_one_connect);
}

Traffic of(const ConditionSyntax& condition) {
  const Traffic plain = of_plain(condition);
  if (!condition.is_negated) { return plain; }
  return says_what_it_is(condition) ? kAny & ~plain : kAny;
}

// What is done with responses is done with none that is inside a tunnel.
Traffic of(const Setting& setting) noexcept {
  switch (setting.kind) {
    case SettingKind::response_field:
    case SettingKind::limit_size:
    case SettingKind::cache_ttl:
    case SettingKind::cache_negative:
    case SettingKind::cache_grace:
    case SettingKind::cache_never:
    case SettingKind::cache_ignore_set_cookie:
    case SettingKind::cache_key_drop_query:
    case SettingKind::cache_key_sort_query:
    case SettingKind::cache_finish_aborted:
      return kRequests;
    default:
      return kAny;
  }
}

std::string names_of(Traffic traffic) {
  constexpr std::array<std::pair<Traffic, std::string_view>, 4> kNames{{{kPlain, "requests of http"},
                                                                        {kTunnel, "tunnels (CONNECT)"},
                                                                        {kPacket, "QUIC"},
                                                                        {kInside, "requests of https"}}};
  std::string names;
  for (const auto& [one, name] : kNames) {
    if ((traffic & one) != 0) { names += (names.empty() ? "" : " and ") + std::string(name); }
  }
  return names;
}

constexpr std::string_view kInstead = "; of https write `host`, `authority` or `sni`, and `port 443`";

// Reads conditions that must all hold, beside what holds already.
class Reader {
 public:
  Reader(Traffic traffic, std::string_view what, Report& report) : traffic_(traffic), what_(what), report_(report) {}

  void read(const std::vector<ConditionSyntax>& conditions) {
    for (const ConditionSyntax& condition : conditions) {
      if ((traffic_ & kSeen) == 0) { return; }
      const Traffic own = of(condition);
      const Traffic both = traffic_ & own;
      if ((both & kSeen) == 0) { warn(condition, own, both); }
      traffic_ = both;
    }
  }
  Traffic traffic() const noexcept { return traffic_; }

 private:
  void warn(const ConditionSyntax& condition, Traffic own, Traffic both) {
    const std::string name = '`' + condition.text + '`';
    if ((both & kInside) != 0) {
      return report_.warning(condition.at, name + " holds inside of https only here, which is not decrypted: " +
                                               std::string(what_) + " never holds" + std::string(kInstead));
    }
    report_.warning(condition.at, name + " holds for " + names_of(own) + " only, and the rest of " +
                                      std::string(what_) + " for " + names_of(traffic_) + ": it never holds" +
                                      std::string((traffic_ | own) & kTunnel ? kInstead : ""));
  }

  Traffic traffic_;
  std::string_view what_;
  Report& report_;
};

void check(const RuleSyntax& rule, Report& report) {
  // PURGE may name URLs of https: they are keys of the cache.
  if (rule.names_purge()) { return; }
  Reader conditions(rule.setting ? of(*rule.setting) : kAny, rule.setting ? "this setting" : "this rule", report);
  conditions.read(rule.implied);
  conditions.read(rule.conditions);
  Reader exceptions(conditions.traffic(), "this exception", report);
  exceptions.read(rule.exceptions);
}

}  // namespace

void warn_of_never_holding(const PolicySyntax& policy, Report& report) {
  for (const RuleSyntax& rule : policy.rules) { check(rule, report); }
}

}  // namespace sluice::policy
