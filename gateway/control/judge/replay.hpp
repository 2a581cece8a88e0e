#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "gateway/control/judge/logged_exchange.hpp"
#include "policy/snapshot.hpp"

namespace sluice::control {

// What a candidate policy would have said to exchanges of the past, beside what was said then.
// Thread: one. Cost: below two microseconds an exchange.
class Replay {
 public:
  // Exchanges ahead of `since` are passed over.
  Replay(const policy::Snapshot& candidate, std::chrono::sys_seconds since) : candidate_(candidate), since_(since) {}

  // Whole lines of an access log in JSON, with LogReader::kPadding readable octets behind them.
  void judge(std::string_view lines);

  struct Changed {
    std::string rule;  // newly denied: the candidate's that denies; newly allowed: the one that denied then
    std::string user;
    std::string host;
    auto operator<=>(const Changed&) const = default;
  };
  using Counts = std::map<Changed, std::uint64_t>;

  struct Result {
    std::uint64_t judged = 0;
    std::uint64_t same = 0;
    std::uint64_t newly_denied = 0;    // stopped, by whatever verdict, that passed then
    std::uint64_t newly_allowed = 0;   // passes, and was stopped then
    std::uint64_t otherwise = 0;       // another verdict of the same kind: bypass for allow, redirect for deny
    std::uint64_t undecided = 0;       // hangs on what the log does not say
    std::uint64_t asked_for_user = 0;  // no verdict: the client was asked for a name and a password
    std::uint64_t limited = 0;         // no verdict: the client had too much open
    std::uint64_t not_asked = 0;       // no verdict: the request could not be read
    std::uint64_t unreadable = 0;      // lines that are none of the access log in JSON
    std::uint64_t earlier = 0;         // passed over
    Counts denied;
    Counts allowed;
    std::map<std::string, std::uint64_t> undecided_by;  // the rule that waits for a fact
    std::chrono::sys_seconds first{};
    std::chrono::sys_seconds last{};

    // Were there lines, and none of the access log in JSON among them?
    bool is_another_format() const noexcept {
      return unreadable > 0 && judged + asked_for_user + limited + not_asked + earlier == 0;
    }
  };
  const Result& result() const noexcept { return result_; }

 private:
  void judge_line(std::string_view line);
  void count(Unjudged why);
  void compare(const LoggedExchange& exchange, const policy::Facts& facts);

  const policy::Snapshot& candidate_;
  std::chrono::sys_seconds since_;
  LogReader reader_;
  Result result_;
};

}  // namespace sluice::control
