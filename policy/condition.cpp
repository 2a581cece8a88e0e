#include "policy/condition.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

bool has_port(const std::vector<PortRange>& ranges, std::uint16_t port) noexcept {
  return std::ranges::any_of(ranges, [&](const PortRange& range) { return range.first <= port && port <= range.last; });
}

bool has_word(const std::vector<std::string>& words, std::string_view word) noexcept {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

Truth Evaluation::of(const Condition& condition) {
  const Truth truth = plain(condition);
  return condition.is_negated ? negated(truth) : truth;
}

Truth Evaluation::plain(const Condition& condition) {
  const auto words_hold = [&](std::string_view word) { return has_word(tables_.words[condition.first], word); };
  switch (condition.subject) {
    case Subject::from:
      return judge(facts_.client, [&](const Address& a) { return tables_.addresses[condition.first].contains(a); });
    case Subject::to:
      return destination_in(tables_.addresses[condition.first]);
    case Subject::host:
      return judge(facts_.host, [&](std::string_view host) { return tables_.hosts[condition.first].contains(host); });
    case Subject::port:
      return judge(facts_.port, [&](std::uint16_t port) { return has_port(tables_.ports[condition.first], port); });
    case Subject::method:
      return judge(facts_.method, words_hold);
    case Subject::scheme:
      return judge(facts_.scheme, words_hold);
    case Subject::category:
    case Subject::list:
      return is_listed(condition);
    case Subject::url:
      break;
  }
  return url_matches(condition);
}

Truth Evaluation::destination_in(const AddressIndex& addresses) const noexcept {
  if (!facts_.destination && facts_.destination_resolved_elsewhere) { return Truth::no; }
  return judge(facts_.destination, [&](const Address& address) { return addresses.contains(address); });
}

Truth Evaluation::url_matches(const Condition& condition) {
  if (!facts_.url) { return Truth::unknown; }
  if (matches_ == nullptr) {
    static thread_local UrlPatterns::Matches scratch;
    tables_.urls.match(*facts_.url, scratch);
    matches_ = &scratch;
  }
  return truth_of(matches_->has_any(condition.first, condition.last));
}

Truth Evaluation::is_listed(const Condition& condition) {
  const Truth truth = lists_.of(tables_.list_conditions[condition.first]);
  if (truth == Truth::yes) { listed_ = lists_.held(); }
  return truth;
}

Stage stage_of(Subject subject) noexcept {
  switch (subject) {
    case Subject::from:
    case Subject::to:
    case Subject::port:
      return Stage::packet;
    case Subject::host:
      return Stage::connection;
    case Subject::method:
    case Subject::scheme:
    case Subject::url:
    case Subject::category:
    case Subject::list:
      break;
  }
  return Stage::request;
}

}  // namespace sluice::policy
