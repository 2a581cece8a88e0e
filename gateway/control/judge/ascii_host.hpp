#pragma once

#include <string>

namespace sluice::control {

// A host, "host:port" or URL as a person writes it, with A-labels (RFC 5890 2.3.2.1) in place of other than ASCII
// letters in the host. What is no internationalised name stays as it is, for whoever reads it to refuse. For the tool's
// questions only: on the wire such letters are refused.
std::string with_ascii_host(std::string text);

}  // namespace sluice::control
