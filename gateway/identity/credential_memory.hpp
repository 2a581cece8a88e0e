#pragma once

#include <deque>
#include <unordered_map>
#include <utility>

#include "gateway/base/clock.hpp"
#include "gateway/identity/credential_key.hpp"

namespace sluice::identity {

// Credentials that were verified, each for the same time; beyond a number of them the oldest are forgotten.
class CredentialMemory {
 public:
  bool has(const CredentialKey& key, SteadyTime now) const {
    const auto found = until_.find(key);
    return found != until_.end() && now < found->second;
  }

  void remember(const CredentialKey& key, SteadyTime until, std::size_t limit) {
    if (limit == 0) { return; }
    until_[key] = until;
    order_.emplace_back(key, until);
    while (until_.size() > limit || order_.size() > 2 * limit) { forget_oldest(); }
  }

  void clear() {
    until_.clear();
    order_.clear();
  }
  std::size_t size() const noexcept { return until_.size(); }

 private:
  // What was verified again since then stays.
  void forget_oldest() {
    const auto [key, until] = order_.front();
    order_.pop_front();
    const auto found = until_.find(key);
    if (found != until_.end() && found->second == until) { until_.erase(found); }
  }

  std::unordered_map<CredentialKey, SteadyTime> until_;
  std::deque<std::pair<CredentialKey, SteadyTime>> order_;
};

}  // namespace sluice::identity
