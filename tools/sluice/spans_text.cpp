#include "tools/sluice/spans_text.hpp"

#include <algorithm>

#include "tools/sluice/human.hpp"

namespace sluice::cli {

std::string spans_text(const std::vector<control::OctetSpan>& spans, const std::string& front) {
  constexpr std::size_t kMost = 8;
  if (spans.empty()) { return ""; }
  std::string out = front;
  const auto shown = std::min(spans.size(), kMost);
  for (std::size_t i = 0; i < shown; ++i) {
    out += (i > 0 ? ", " : "") + std::to_string(spans[i].first) + "-" + std::to_string(spans[i].last);
  }
  if (spans.size() > shown) { out += " and " + plural(spans.size() - shown, "more span"); }
  return out + "\n";
}

}  // namespace sluice::cli
