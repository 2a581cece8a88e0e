#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sluice::cache {

// Keys whose query is left in part, or in another order. A parameter is what stands between two `&`.

// Leaves out the parameters for which `is_dropped` holds; and the `?` when none is left.
void drop_parameters(std::string& key, const std::function<bool(std::string_view parameter)>& is_dropped);

// Sorts the parameters by their octets; those of one name keep their order.
void sort_parameters(std::string& key);

}  // namespace sluice::cache
