#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::policy {

// What to say of an expression on URLs that needs none: "this expression says what `host .ads.example path /x` says,
// ...". nullopt when it is a real expression. Cautious: only the usual spellings are seen.
std::optional<std::string> plain_condition(std::string_view expression);

}  // namespace sluice::policy
