#include "gateway/identity/accounts.hpp"

#include <algorithm>

#include "gateway/identity/password_hash.hpp"
#include "policy/values.hpp"

namespace sluice::identity {

namespace {

using policy::Diagnostic;

constexpr std::size_t kLargestText = 16 << 20;
constexpr std::size_t kLongestUser = 255;
constexpr std::size_t kLongestLine = 1024;
constexpr std::size_t kMostBadLines = 100;  // said

class Parser {
 public:
  Parser(std::string_view text, const std::string& file_name) : rest_(text), file_(file_name) {}

  std::expected<ParsedAccounts, std::vector<Diagnostic>> run() {
    if (rest_.size() > kLargestText) {
      return std::unexpected(std::vector<Diagnostic>{
          diagnostic(Diagnostic::Severity::error, "more than 16 MiB: this is no htpasswd file")});
    }
    while (!rest_.empty()) {
      ++line_;
      read_line(take_line());
    }
    // Where no line at all is a user it is another kind of file.
    if (lines_.empty() && !bad_lines_.empty()) { return std::unexpected(std::move(bad_lines_)); }
    for (auto& one : bad_lines_) {
      one.severity = Diagnostic::Severity::warning;
      one.message = "the line is left out: " + one.message;
      warnings_.push_back(std::move(one));
    }
    return ParsedAccounts{Accounts(std::move(hashes_)), std::move(warnings_)};
  }

 private:
  std::string_view take_line() {
    const auto end = std::min(rest_.find('\n'), rest_.size());
    auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) { line.remove_suffix(1); }
    return line;
  }

  void read_line(std::string_view line) {
    if (line.find_first_not_of(" \t") == line.npos || line.starts_with('#')) { return; }
    if (line.size() > kLongestLine) { return leave_out("a line of more than 1024 octets"); }
    if (std::ranges::any_of(line, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; })) {
      return leave_out("a control character");
    }
    if (!policy::is_utf8(line)) { return leave_out("a line that is not UTF-8"); }
    const auto colon = line.find(':');
    if (colon == line.npos) { return leave_out("no `:` between user and hash"); }
    if (colon == 0) { return leave_out("no user ahead of the `:`"); }
    if (colon > kLongestUser) { return leave_out("a name of more than 255 octets"); }
    // Apache leaves aside what stands behind a second colon.
    const auto hash = line.substr(colon + 1);
    read_account(std::string(line.substr(0, colon)), std::string(hash.substr(0, hash.find(':'))));
  }

  void read_account(std::string user, std::string hash) {
    const auto [other, is_new] = lines_.emplace(user, line_);
    if (!is_new) {
      return leave_out("the user `" + user + "` is on line " + std::to_string(other->second) +
                       " already; that one counts");
    }
    if (const auto checked = check_hash(hash); !checked) {
      return warnings_.push_back(
          diagnostic(Diagnostic::Severity::warning, "`" + user + "` cannot sign in: " + checked.error()));
    }
    hashes_.emplace(std::move(user), std::move(hash));
  }

  Diagnostic diagnostic(Diagnostic::Severity severity, std::string message) const {
    return {severity, file_, line_, 1, std::move(message), {}};
  }
  void leave_out(std::string message) {
    if (bad_lines_.size() == kMostBadLines) { return; }
    bad_lines_.push_back(diagnostic(Diagnostic::Severity::error, std::move(message)));
  }

  std::string_view rest_;
  const std::string& file_;
  int line_ = 0;
  std::unordered_map<std::string, int> lines_;
  std::unordered_map<std::string, std::string> hashes_;
  std::vector<Diagnostic> bad_lines_;
  std::vector<Diagnostic> warnings_;
};

}  // namespace

Accounts::Accounts(std::unordered_map<std::string, std::string> hashes) : hashes_(std::move(hashes)) {
  if (!hashes_.empty()) { decoy_ = hashes_.begin()->second; }
}

bool Accounts::verify(const Credentials& credentials) const {
  const auto found = hashes_.find(credentials.user);
  if (found != hashes_.end()) { return is_hash_of(credentials.password, found->second); }
  // The answer is no, whatever the decoy says; its verdict must not be optimised away.
  if (!decoy_.empty()) { [[maybe_unused]] volatile bool ignored = is_hash_of(credentials.password, decoy_); }
  return false;
}

Users Accounts::changed_in(const Accounts& next) const {
  Users changed;
  for (const auto& [user, hash] : hashes_) {
    const auto found = next.hashes_.find(user);
    if (found == next.hashes_.end() || found->second != hash) { changed.insert(user); }
  }
  return changed;
}

std::expected<ParsedAccounts, std::vector<Diagnostic>> parse_htpasswd(std::string_view text,
                                                                      const std::string& file_name) {
  return Parser(text, file_name).run();
}

}  // namespace sluice::identity
