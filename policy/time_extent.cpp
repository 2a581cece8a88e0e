#include "policy/time_extent.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

constexpr std::size_t kMostWindows = 200;

std::int64_t number_of(const std::optional<Date>& date) noexcept {
  return date ? date->year * 10'000LL + date->month * 100 + date->day : 0;
}

// Windows of days and hours; of dates the same ones, or any.
bool is_window_within(const TimeWindow& wide, const TimeWindow& narrow) noexcept {
  const bool has_days = (narrow.days & ~wide.days) == 0;
  const bool has_dates = !wide.first_date || (number_of(wide.first_date) == number_of(narrow.first_date) &&
                                              number_of(wide.last_date) == number_of(narrow.last_date));
  const bool is_same = wide.first == narrow.first && wide.last == narrow.last;
  const bool has_minutes = narrow.first < narrow.last && wide.first <= narrow.first && narrow.last <= wide.last;
  return has_days && has_dates && (is_same || has_minutes);
}

}  // namespace

class TimeExtent::Reader {
 public:
  Reader(std::span<const TimeSyntax> times, TimeExtent& extent) : times_(times), extent_(extent) {}

  void read(const TimeTerms& terms) {
    const std::string zone = zone_of(terms, "UTC");
    for (const TimeWindow& window : terms.windows) { extent_.parts_.push_back({{}, {{window, zone}}}); }
    for (const TimeName& name : terms.names) {
      extent_.parts_.push_back({{name.name, zone}, {}});
      read_windows(name.name, zone, extent_.parts_.back().windows);
    }
    read_sure(terms, zone);
  }

 private:
  static std::string zone_of(const TimeTerms& terms, const std::string& otherwise) {
    return terms.zone.empty() ? otherwise : terms.zone;
  }
  const TimeSyntax* find(const std::string& name) const {
    const auto time = std::ranges::find(times_, name, &TimeSyntax::name);
    return time == times_.end() ? nullptr : &*time;
  }
  // Names of names could double with every line.
  bool may_add() {
    extent_.is_whole_ = extent_.is_whole_ && ++count_ <= kMostWindows;
    return extent_.is_whole_;
  }

  // All that the named time may hold in, its exceptions left aside.
  void read_windows(const std::string& name, const std::string& outer, std::vector<Window>& windows) {
    const TimeSyntax* const time = find(name);
    if (time == nullptr || !may_add()) { return; }
    const std::string zone = zone_of(time->times, outer);
    for (const TimeWindow& window : time->times.windows) {
      if (may_add()) { windows.push_back({window, zone}); }
    }
    for (const TimeName& other : time->times.names) { read_windows(other.name, zone, windows); }
  }

  void read_sure(const TimeTerms& terms, const std::string& zone) {
    for (const TimeWindow& window : terms.windows) {
      if (may_add()) { extent_.windows_.push_back({window, zone}); }
    }
    for (const TimeName& name : terms.names) {
      if (!may_add()) { return; }
      extent_.names_.push_back({name.name, zone});
      const TimeSyntax* const time = find(name.name);
      const bool is_plain = time != nullptr && time->exceptions.windows.empty() && time->exceptions.names.empty();
      if (is_plain) { read_sure(time->times, zone_of(time->times, zone)); }
    }
  }

  std::span<const TimeSyntax> times_;
  TimeExtent& extent_;
  std::size_t count_ = 0;
};

TimeExtent::TimeExtent(const TimeTerms& terms, std::span<const TimeSyntax> times) {
  Reader(times, *this).read(terms);
}

bool TimeExtent::covers(const TimeExtent& narrow) const {
  if (!is_whole_ || !narrow.is_whole_) { return false; }
  const auto has_window = [&](const Window& one) {
    return std::ranges::any_of(windows_, [&](const Window& wide) {
      return wide.zone == one.zone && is_window_within(wide.window, one.window);
    });
  };
  return std::ranges::all_of(narrow.parts_, [&](const Part& part) {
    const bool has_name = !part.name.name.empty() && std::ranges::find(names_, part.name) != names_.end();
    return has_name || (!part.windows.empty() && std::ranges::all_of(part.windows, has_window));
  });
}

}  // namespace sluice::policy
