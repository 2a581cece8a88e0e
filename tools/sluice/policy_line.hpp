#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace sluice::cli {

// What `sluice policy allow|deny|splice|bypass|redirect` was told.
struct QuickEdit {
  std::string verdict;      // its word
  std::string redirect_to;  // of redirect: a URL
  int redirect_status = 0;  // of redirect; 0: the usual one
  std::string what;         // name, URL, address or prefix; "" when only options say it
  std::string url_regex;    // --url-regex
  bool exact = false;       // --exact: the name itself and not what is below
  std::vector<std::string> from, to, server_names, users, groups, ports, methods;
  std::string scheme;
  std::string during;     // a time, or the name of one
  std::string valid_for;  // --for: a duration from now
  bool shadow = false;
  std::string message;
};

// The line of policy text that says it: `deny host .gambling.example from 10.0.0.0/8 reason "HR-231"`. A bare name
// means the domain and everything below; a URL, itself and everything that begins with it; an address or prefix, what
// is connected. Errors: a sentence.
std::expected<std::string, std::string> policy_line(const QuickEdit& edit, std::chrono::sys_seconds now);

// A regular expression (RE2) that matches exactly this text.
std::string regex_of(const std::string& text);

// What of WHAT the rule cannot say, and why; "" when it says all of it.
std::string left_out_of(const QuickEdit& edit);

}  // namespace sluice::cli
