#include "gateway/config/nearest.hpp"

#include <algorithm>

#include "gateway/config/key.hpp"

namespace sluice::config {
namespace {

// A third of the word may be wrong, at least one octet and at most three.
std::size_t tolerance(std::string_view word) {
  return std::clamp<std::size_t>(word.size() / 3, 1, 3);
}

std::vector<std::string_view> names_in_section(std::string_view section) {
  std::vector<std::string_view> names;
  for (const Key& key : keys()) {
    const auto name = section.empty() && !key.section().empty() ? key.section() : key.leaf();
    if (section.empty() || key.section() == section) { names.push_back(name); }
  }
  return names;
}

// A key that was written in the wrong section: the same last part elsewhere.
std::string_view same_leaf_elsewhere(std::string_view leaf) {
  for (const Key& key : keys()) {
    if (key.leaf() == leaf) { return key.name; }
  }
  return {};
}

// "; `log` has `file`, `format`", or "" when there is no such section.
std::string keys_of(std::string_view section) {
  std::string names;
  for (const Key& key : keys()) {
    if (section.empty() || key.section() != section) { continue; }
    names += (names.empty() ? "`" : ", `") + std::string(key.leaf()) + '`';
  }
  return names.empty() ? "" : "; `" + std::string(section) + "` has " + names;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) { d[i][0] = i; }
  for (std::size_t j = 0; j <= b.size(); ++j) { d[0][j] = j; }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replace});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) { d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1); }
    }
  }
  return d[a.size()][b.size()];
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() > 256) { return {}; }  // the cost is the product of the lengths
  std::string_view best;
  std::size_t best_distance = tolerance(word) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) { continue; }
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string hint_for_unknown_key(std::string_view name) {
  const auto dot = name.find('.');
  const auto section = dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
  const auto leaf = dot == std::string_view::npos ? name : name.substr(dot + 1);

  std::string meant;
  if (const auto sibling = nearest(leaf, names_in_section(section)); !sibling.empty()) {
    meant = section.empty() ? std::string(sibling) : std::string(section) + "." + std::string(sibling);
  } else if (const auto elsewhere = same_leaf_elsewhere(leaf); !elsewhere.empty()) {
    meant = elsewhere;
  } else {
    std::vector<std::string_view> all;
    for (const Key& key : keys()) { all.push_back(key.name); }
    meant = nearest(name, all);
  }
  if (meant.empty() || meant == name) { return keys_of(meant.empty() ? section : name); }
  return "; did you mean `" + meant + "`?";
}

}  // namespace sluice::config
