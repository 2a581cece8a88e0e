#include "gateway/control/judge/replay.hpp"

#include <algorithm>

namespace sluice::control {

void Replay::judge(std::string_view lines) {
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (!line.empty()) { judge_line(line); }
  }
}

void Replay::judge_line(std::string_view line) {
  const auto exchange = reader_.read(line);
  if (!exchange) {
    ++result_.unreadable;
    return;
  }
  if (exchange->time < since_) {
    ++result_.earlier;
    return;
  }
  if (const auto why = unjudged(*exchange)) { return count(*why); }
  const auto facts = reader_.facts_of(*exchange);
  if (!facts) {
    ++result_.unreadable;
    return;
  }
  if (result_.judged == 0) { result_.first = exchange->time; }
  result_.last = std::max(result_.last, exchange->time);
  ++result_.judged;
  compare(*exchange, *facts);
}

void Replay::count(Unjudged why) {
  switch (why) {
    case Unjudged::asked_for_user:
      ++result_.asked_for_user;
      return;
    case Unjudged::limited:
      ++result_.limited;
      return;
    case Unjudged::not_asked:
      ++result_.not_asked;
      return;
  }
}

void Replay::compare(const LoggedExchange& exchange, const policy::Facts& facts) {
  const auto decision = candidate_.decide(facts);
  if (decision.verdict == policy::Verdict::undecided) {
    ++result_.undecided;
    ++result_.undecided_by[std::string(decision.rule_id)];
    return;
  }
  const auto verdict = policy::to_string(decision.verdict);
  if (verdict == exchange.verdict) {
    ++result_.same;
    return;
  }
  const bool is_denied = policy::stops(decision.verdict);
  if (is_denied != passed(exchange)) {
    ++result_.otherwise;
    return;
  }
  ++(is_denied ? result_.newly_denied : result_.newly_allowed);
  auto& counts = is_denied ? result_.denied : result_.allowed;
  ++counts[{std::string(is_denied ? decision.rule_id : exchange.rule), std::string(exchange.user),
            std::string(facts.host.value_or(""))}];
}

}  // namespace sluice::control
