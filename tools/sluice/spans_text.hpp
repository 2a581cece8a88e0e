#pragma once

#include <string>
#include <vector>

#include "gateway/control/protocol/commands.hpp"

namespace sluice::cli {

// What is there of a content, as a line behind `front`: "0-1048575, 5242880-6291455". Nothing when it is all there;
// of many the first. `-o json` has them all.
std::string spans_text(const std::vector<control::OctetSpan>& spans, const std::string& front);

}  // namespace sluice::cli
