#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace sluice::policy {

// Which zones of a resolver's configuration have data that answer, so that they are no blocks: those that are the
// closest around a name with an answer.
// Memory: grows with the names that have an answer, not with the zones.
class AnsweredZones {
 public:
  // Names are normal ones. First all answers, then all zones, then the questions.
  void add_answer(std::string_view name);
  void end_answers();
  void add_zone(std::string_view name);
  void end_zones();

  bool has_answers() const noexcept { return !answers_.empty(); }
  bool has_answer(std::string_view name) const;
  bool is_answered(std::string_view zone) const { return answered_.contains(std::string(zone)); }

 private:
  std::vector<std::string> answers_;  // each reversed, so that what is below a zone stands together; sorted
  std::unordered_set<std::string> zones_;
  std::unordered_set<std::string> answered_;
};

}  // namespace sluice::policy
