#include "cache/query_key.hpp"

#include <algorithm>
#include <vector>

namespace sluice::cache {
namespace {

std::vector<std::string_view> parameters_of(std::string_view query) {
  std::vector<std::string_view> parameters;
  while (true) {
    const auto parameter = query.substr(0, query.find('&'));
    parameters.push_back(parameter);
    if (parameter.size() == query.size()) { return parameters; }
    query.remove_prefix(parameter.size() + 1);
  }
}

std::string_view name_of(std::string_view parameter) noexcept {
  return parameter.substr(0, parameter.find('='));
}

void write_back(std::string& key, std::size_t mark, const std::vector<std::string_view>& parameters) {
  std::string query;
  for (const auto parameter : parameters) { (query += query.empty() ? '?' : '&') += parameter; }
  key.replace(mark, std::string::npos, query);
}

}  // namespace

void drop_parameters(std::string& key, const std::function<bool(std::string_view)>& is_dropped) {
  const auto mark = key.find('?');
  if (mark == std::string::npos) { return; }
  auto parameters = parameters_of(std::string_view(key).substr(mark + 1));
  if (std::erase_if(parameters, is_dropped) > 0) { write_back(key, mark, parameters); }
}

void sort_parameters(std::string& key) {
  const auto mark = key.find('?');
  if (mark == std::string::npos) { return; }
  auto parameters = parameters_of(std::string_view(key).substr(mark + 1));
  if (std::ranges::is_sorted(parameters, {}, name_of)) { return; }
  // Those of one name by their places, which keeps their order.
  std::ranges::sort(parameters, [](std::string_view a, std::string_view b) {
    return name_of(a) != name_of(b) ? name_of(a) < name_of(b) : a.data() < b.data();
  });
  write_back(key, mark, parameters);
}

}  // namespace sluice::cache
