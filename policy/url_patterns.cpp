#include "policy/url_patterns.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <re2/set.h>

namespace sluice::policy {
namespace {

constexpr std::int64_t kExpressionMemory = 256 << 10;  // for a single one
constexpr std::size_t kMostExpressions = 10'000;
constexpr std::size_t kLongestExpression = 4096;

re2::RE2::Options options(std::int64_t memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory);
  // URLs are octets here: with UTF-8 `.` would not match what is no UTF-8, and a URL could hide behind that.
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_dot_nl(true);
  options.set_never_capture(true);
  return options;
}

UrlPatterns::Error error_at(std::string message, std::size_t offset) {
  return {std::move(message), offset};
}

// Where RE2 stumbled: it names the part of the expression.
std::size_t offset_of_error(std::string_view expression, const re2::RE2& compiled) {
  const std::size_t found = expression.find(compiled.error_arg());
  return found == expression.npos ? 0 : found;
}

std::optional<UrlPatterns::Error> error_of(std::string_view expression) {
  if (expression.empty()) { return error_at("an empty expression, which every URL matches", 0); }
  if (expression.size() > kLongestExpression) { return error_at("an expression of more than 4096 octets", 0); }
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  const auto foreign = std::ranges::find_if_not(expression, is_ascii);
  if (foreign == expression.end()) { return std::nullopt; }
  return error_at("URLs are ASCII; write the octets of this character as `%C3%A4`",
                  static_cast<std::size_t>(foreign - expression.begin()));
}

// URLs as they are judged, of names that nobody has and that have little in common: of http, of https, of tunnels.
constexpr std::array<std::array<std::string_view, 2>, 3> kUrlsOfNobody{{{"http://x.invalid/", "http://8-q.test/"},
                                                                        {"https://x.invalid/", "https://8-q.test/"},
                                                                        {"x.invalid:443", "8-q.test:443"}}};

bool is_for_every_url(const re2::RE2& expression) {
  return std::ranges::any_of(kUrlsOfNobody, [&](const auto& urls) {
    return std::ranges::all_of(urls, [&](std::string_view url) { return re2::RE2::PartialMatch(url, expression); });
  });
}

std::vector<int> all_but(int number, std::size_t count) {
  std::vector<int> numbers;
  for (int i = 0; i < static_cast<int>(count); ++i) {
    if (i != number) { numbers.push_back(i); }
  }
  return numbers;
}

// RE2 gives literals and a formula of them. A literal without which the formula does not hold is enough alone, and the
// longest such one says most; without one, any of them must be there: the formula has no negation.
std::vector<std::string> required_literals(const re2::FilteredRE2& filter, std::vector<std::string> literals) {
  std::vector<int> possible;
  filter.AllPotentials({}, &possible);
  if (!possible.empty()) { return {}; }
  const std::string* best = nullptr;
  for (std::size_t i = 0; i < literals.size(); ++i) {
    filter.AllPotentials(all_but(static_cast<int>(i), literals.size()), &possible);
    const bool is_needed = possible.empty();
    if (is_needed && (best == nullptr || literals[i].size() > best->size())) { best = &literals[i]; }
  }
  if (best != nullptr) { return {*best}; }
  return literals;
}

}  // namespace

struct UrlPatterns::Compiled {
  explicit Compiled(std::int64_t memory) : set(options(memory), re2::RE2::UNANCHORED) {}

  re2::RE2::Set set;
  bool has_set = false;
  std::vector<std::unique_ptr<re2::RE2>> each;  // for error messages, and when the set runs out of memory
};

bool UrlPatterns::Matches::has_any(std::uint32_t first, std::uint32_t last) const noexcept {
  const auto found = std::ranges::lower_bound(sorted_, static_cast<int>(first));
  return found != sorted_.end() && *found < static_cast<int>(last);
}

UrlPatterns::UrlPatterns(std::int64_t memory) : compiled_(std::make_unique<Compiled>(memory)) {}
UrlPatterns::~UrlPatterns() = default;

std::expected<std::uint32_t, UrlPatterns::Error> UrlPatterns::add(std::string_view expression) {
  if (auto error = error_of(expression)) { return std::unexpected(std::move(*error)); }
  if (compiled_->each.size() == kMostExpressions) {
    return std::unexpected(error_at("a policy holds 10000 expressions at most", 0));
  }
  auto compiled = std::make_unique<re2::RE2>(expression, options(kExpressionMemory));
  if (!compiled->ok()) { return std::unexpected(error_at(compiled->error(), offset_of_error(expression, *compiled))); }
  std::string message;
  if (compiled_->set.Add(expression, &message) < 0) { return std::unexpected(error_at(message, 0)); }
  compiled_->each.push_back(std::move(compiled));
  return static_cast<std::uint32_t>(compiled_->each.size() - 1);
}

bool UrlPatterns::compile() {
  compiled_->has_set = compiled_->set.Compile();
  return compiled_->has_set;
}

std::expected<UrlPatterns::Traits, UrlPatterns::Error> UrlPatterns::inspect(std::string_view expression, int shortest) {
  if (auto error = error_of(expression)) { return std::unexpected(std::move(*error)); }
  re2::FilteredRE2 filter(shortest);
  int number = 0;
  if (filter.Add(expression, options(kExpressionMemory), &number) != re2::RE2::NoError) {
    const re2::RE2 compiled(expression, options(kExpressionMemory));
    return std::unexpected(error_at(compiled.error(), offset_of_error(expression, compiled)));
  }
  Traits traits{.literals = {},
                .program_size = static_cast<std::size_t>(filter.GetRE2(0).ProgramSize()),
                .is_for_every_url = is_for_every_url(filter.GetRE2(0))};
  std::vector<std::string> literals;
  filter.Compile(&literals);
  traits.literals = required_literals(filter, std::move(literals));
  return traits;
}

void UrlPatterns::match(std::string_view url, Matches& matches) const {
  matches.sorted_.clear();
  re2::RE2::Set::ErrorInfo error{re2::RE2::Set::kNoError};
  if (compiled_->has_set && compiled_->set.Match(url, &matches.sorted_, &error)) {
    std::ranges::sort(matches.sorted_);
    return;
  }
  if (compiled_->has_set && error.kind == re2::RE2::Set::kNoError) { return; }
  matches.sorted_.clear();
  for (std::size_t i = 0; i < compiled_->each.size(); ++i) {
    if (re2::RE2::PartialMatch(url, *compiled_->each[i])) { matches.sorted_.push_back(static_cast<int>(i)); }
  }
}

}  // namespace sluice::policy
