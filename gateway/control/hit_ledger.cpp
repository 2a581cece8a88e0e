#include "gateway/control/hit_ledger.hpp"

#include <sstream>

#include "gateway/base/file.hpp"

namespace sluice::control {
namespace {

// Rules come and go; of those that went nobody needs more.
constexpr std::size_t kMostRules = 20'000;

}  // namespace

// "ID COUNT FIRST LAST", a line each.
void HitLedger::load() {
  const auto text = read_file(file_);
  if (!text) { return; }
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line) && before_.size() < kMostRules;) {
    std::istringstream words(line);
    std::string id;
    record::Hits hits;
    if (words >> id >> hits.count >> hits.first >> hits.last) { before_[id].add(hits); }
  }
}

record::HitsByRule HitLedger::with(record::HitsByRule of_this_run) const {
  for (const auto& [id, hits] : before_) { of_this_run[id].add(hits); }
  return of_this_run;
}

std::expected<void, std::error_code> HitLedger::save(const record::HitsByRule& of_this_run) const {
  std::string text;
  for (const auto& [id, hits] : with(of_this_run)) {
    text += id + ' ' + std::to_string(hits.count) + ' ' + std::to_string(hits.first) + ' ' + std::to_string(hits.last) +
            '\n';
  }
  return replace_file(file_, text);
}

}  // namespace sluice::control
