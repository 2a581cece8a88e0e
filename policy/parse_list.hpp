#pragma once

#include <optional>

#include "policy/list_declaration.hpp"
#include "policy/token_stream.hpp"

namespace sluice::policy {

// What stands behind the word `list` at the beginning of a line. One with errors, which are reported,
// still has its name; without a name there is nothing.
std::optional<ListDeclaration> parse_list_declaration(TokenStream& tokens, Report& report);

// A list of this format that is no part of a policy. Nothing when there is no such format.
std::optional<ListDeclaration> list_of(std::string_view format, std::string path);

}  // namespace sluice::policy
