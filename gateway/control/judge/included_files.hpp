#pragma once

#include <vector>

#include "policy/source_lines.hpp"

namespace sluice::control {

// Reads what a policy includes from disk: a name is a path from the folder of the file that includes it.
policy::IncludeReader included_files();

// The same, with these texts in place of what is on disk: as they were when a version was made.
policy::IncludeReader included_files(std::vector<policy::Source> kept);

}  // namespace sluice::control
