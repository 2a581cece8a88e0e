#pragma once

#include <span>
#include <string>
#include <vector>

#include "policy/syntax.hpp"

namespace sluice::policy {

// The windows that a `during` stands for, named times looked up, so that two of them can be compared. A time with
// exceptions is known by its name, and holds within its windows.
class TimeExtent {
 public:
  TimeExtent() = default;
  TimeExtent(const TimeTerms& terms, std::span<const TimeSyntax> times);

  // Does this one hold whenever `narrow` does? Cautious: false when that is not seen.
  bool covers(const TimeExtent& narrow) const;

 private:
  struct Window {
    TimeWindow window;
    std::string zone;
  };
  struct Name {
    std::string name;
    std::string zone;  // by which it is read, when it has none

    bool operator==(const Name&) const = default;
  };
  // A window, or a named time with all windows that it may hold in.
  struct Part {
    Name name;  // of a window empty
    std::vector<Window> windows;
  };

  class Reader;

  std::vector<Part> parts_;      // it holds in no other
  std::vector<Window> windows_;  // in each of these it surely holds
  std::vector<Name> names_;      // and in these
  bool is_whole_ = true;         // false: too many windows to compare
};

}  // namespace sluice::policy
