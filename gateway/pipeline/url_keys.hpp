#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/target_uri.hpp"
#include "policy/snapshot.hpp"

namespace sluice::pipeline {

// The cache key of a URL by the policy's `cache key` lines, for requests and for those who ask about a URL without one.

// The key of `uri`, which is in normal form, with parameters left out and sorted as the settings say.
void make_key(const policy::Settings& settings, std::string_view uri, std::string& key);

// The target of a GET for a URL as an operator writes it; what follows `#` stays in the browser (RFC 9110 7.1). False
// when it is none.
bool parse_written_url(std::string_view url, http::TargetUri& target);

// What is known of a GET for it of which nobody says who sends it, or with which fields. Views `target`.
policy::Facts facts_of_url(const http::TargetUri& target, std::chrono::sys_seconds now);

// Every key that such a request may have: the first is the one when nothing that is not known holds; others come from
// `cache key` lines that hang on something that is not known. Each is there once, and there are seldom more than one.
std::vector<std::string> keys_of_url(const policy::Snapshot& policy, const policy::Facts& facts, std::string_view uri);

}  // namespace sluice::pipeline
