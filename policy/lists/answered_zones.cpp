#include "policy/lists/answered_zones.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

std::string reversed(std::string_view name) {
  return {name.rbegin(), name.rend()};
}

}  // namespace

void AnsweredZones::add_answer(std::string_view name) {
  answers_.push_back(reversed(name));
}

void AnsweredZones::end_answers() {
  std::ranges::sort(answers_);
  const auto repeated = std::ranges::unique(answers_);
  answers_.erase(repeated.begin(), repeated.end());
}

bool AnsweredZones::has_answer(std::string_view name) const {
  return std::ranges::binary_search(answers_, reversed(name));
}

void AnsweredZones::add_zone(std::string_view name) {
  const std::string below = reversed(name) + '.';
  const auto first = std::ranges::lower_bound(answers_, below);
  const bool has_one_below = first != answers_.end() && first->starts_with(below);
  if (has_one_below || has_answer(name)) { zones_.emplace(name); }
}

void AnsweredZones::end_zones() {
  for (const std::string& answer : answers_) {
    const std::string name = reversed(answer);
    for (std::string_view around = name; !around.empty();) {
      if (zones_.contains(std::string(around))) {
        answered_.emplace(around);
        break;
      }
      const std::size_t dot = around.find('.');
      around = dot == around.npos ? std::string_view() : around.substr(dot + 1);
    }
  }
}

}  // namespace sluice::policy
