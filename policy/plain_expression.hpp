#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::policy {

// What to say of an expression on URLs that needs none: "`scheme http host .ads.example port 80` says the same; ...",
// or what the conditions hold for that the expression does not, and the other way round. nullopt when it is a real
// expression. Cautious: only the usual spellings are seen, and a name alone must end as names do.
std::optional<std::string> plain_condition(std::string_view expression);

}  // namespace sluice::policy
