#pragma once

#include <optional>

#include "policy/list_declaration.hpp"
#include "policy/token_stream.hpp"

namespace sluice::policy {

// What stands behind the word `list` at the beginning of a line. Nothing when an error was reported.
std::optional<ListDeclaration> parse_list_declaration(TokenStream& tokens, Report& report);

// A list of this format that is no part of a policy. Nothing when there is no such format.
std::optional<ListDeclaration> list_of(std::string_view format, std::string path);

// "90s", "30m", "24h", "7d" as seconds. Nothing when it is none of these, or more than a year.
std::optional<std::uint32_t> parse_duration(std::string_view text) noexcept;

}  // namespace sluice::policy
