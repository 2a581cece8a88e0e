#pragma once

#include <string>

#include "gateway/config/configuration.hpp"

namespace sluice::config {

// The effective configuration as YAML; load() of it gives the same configuration.
std::string show(const Configuration& configuration);

// Every key with its meaning, what is allowed and its default, as YAML. `as_comments`: the values stand in comments, so
// that the file sets nothing until a line is uncommented (the packaged configuration).
std::string defaults_yaml(bool as_comments = false);

// The same as a page of documentation (Markdown).
std::string keys_markdown();

}  // namespace sluice::config
