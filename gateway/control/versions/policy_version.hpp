#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source_lines.hpp"

namespace sluice::control {

// One version of the policy: what it was, who made it, when and why. Each carries the hash of the one ahead of it, so
// that none can be changed or left out unnoticed.
struct PolicyVersion {
  std::uint64_t number = 0;
  std::int64_t time = 0;  // seconds since the epoch
  std::string author;     // "ops (1000)", or "file" when the text was edited by hand
  std::string reason;
  std::string text;
  std::vector<policy::Source> included;  // the texts that it included then
  std::string previous;                  // hash of the version ahead of it; "" of the first
  std::string hash;                      // SHA-256 of everything else, in hexadecimal digits
};

// The record of a version: a head of lines and the texts behind it. Writes version.hash.
std::string encode(PolicyVersion& version);

// Errors: what is wrong with the record, in words; a hash that does not fit too.
std::expected<PolicyVersion, std::string> decode_version(std::string_view record);

}  // namespace sluice::control
