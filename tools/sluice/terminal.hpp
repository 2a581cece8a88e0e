#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

enum class Style : unsigned char { plain, bold, faint, good, bad, doubtful };

// What standard output can show. Not a terminal: no colour, no width, so that a pipe gets everything unadorned.
struct Terminal {
  bool has_colour = false;
  std::size_t width = 0;  // 0: as wide as it takes

  static Terminal of_standard_output();
  std::string styled(std::string_view text, Style style) const;
};

// Octets that would move the cursor or change colours are shown as `?`: what is printed may come from the network.
std::string printable(std::string_view text);

// Rows below a heading, columns aligned with two spaces between. The last column is cut at the width of a terminal.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void align_right(std::size_t column) { right_.push_back(column); }
  std::string text(const Terminal& terminal) const;

 private:
  std::vector<std::size_t> widths() const;
  std::string line(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) const;

  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> right_;
};

}  // namespace sluice::cli
