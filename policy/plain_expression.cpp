#include "policy/plain_expression.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "policy/public_suffix.hpp"
#include "policy/values.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 2> kHttp{"http://", "http:\\/\\/"};
constexpr std::array<std::string_view, 10> kBoth{
    "https?://",         "https?:\\/\\/", "(http|https)://", "(https|http)://", "(?:http|https)://",
    "(?:https|http)://", "(https?)://",   "http(s)?://",     "http(?:s)?://",   "(http|https):\\/\\/"};
constexpr std::array<std::string_view, 2> kAnyScheme{"://", ":\\/\\/"};
constexpr std::array<std::string_view, 3> kAnyLabels{"([^/]+\\.)?", "([^/]*\\.)?", "(?:[^/]+\\.)?"};
constexpr std::array<std::string_view, 4> kAnything{"(.*\\.)?", "(.+\\.)?", "(?:.*\\.)?", "(?:.+\\.)?"};
constexpr std::array<std::string_view, 2> kPlainLabels{"([a-z0-9-]+\\.)*", "(?:[a-z0-9-]+\\.)*"};
constexpr std::array<std::string_view, 2> kWww{"(www\\.)?", "(?:www\\.)?"};
constexpr std::array<std::string_view, 4> kAnyPort{"(:[0-9]+)?", "(:\\d+)?", "(?::[0-9]+)?", "(?::\\d+)?"};
constexpr std::array<std::string_view, 3> kEnds{"(/|$)", "(?:/|$)", "($|/)"};
// Top-level domains that files are called by as well.
constexpr std::array<std::string_view, 14> kEndsOfFiles{"app", "cab", "cc", "map", "md", "mov", "pl",
                                                        "ps",  "py",  "rs", "sh",  "so", "zip", "bz"};

template <std::size_t kCount>
bool take_one(std::string_view& text, const std::array<std::string_view, kCount>& choices) {
  const auto found = std::ranges::find_if(choices, [&](std::string_view one) { return text.starts_with(one); });
  if (found == choices.end()) { return false; }
  text.remove_prefix(found->size());
  return true;
}

bool is_special(char c) noexcept {
  return std::string_view(".*+?()[]{}|^$").find(c) != std::string_view::npos;
}

// Takes octets that stand for themselves up to the first special one; `\.` and `\/` are the dot and the slash.
std::string take_literal(std::string_view& text) {
  std::string literal;
  while (!text.empty() && !is_special(text.front())) {
    const bool is_escape = text.front() == '\\';
    if (is_escape && (text.size() < 2 || is_letter(text[1]) || is_digit(text[1]))) { return literal; }
    literal += is_escape ? text[1] : text.front();
    text.remove_prefix(is_escape ? 2 : 1);
  }
  return literal;
}

bool is_domain(std::string_view text) {
  return text.find('.') != text.npos && !text.starts_with('.') && parse_host_value(text).has_value();
}

// "foo.exe" is no name: nobody has registered one that ends so.
bool has_public_end(std::string_view name) {
  const std::string_view label = name.substr(name.rfind('.') + 1);
  return std::ranges::find(kEndsOfFiles, label) == kEndsOfFiles.end() && is_public_suffix(std::string(label));
}

// An expression that has a scheme, or at least `://`, ahead of a host.
class Reader {
 public:
  Reader(std::string_view expression, bool ignores_case) : rest_(expression), ignores_case_(ignores_case) {}

  // The advice; nullopt when it is a real expression.
  std::optional<std::string> run() {
    if (!read_scheme()) { return std::nullopt; }
    read_labels();
    if (!read_host() || !read_path() || !(rest_.empty() || rest_ == ".*" || rest_ == ".*$")) { return std::nullopt; }
    return advice();
  }

 private:
  bool read_scheme() {
    const bool is_anchored = rest_.starts_with('^');
    if (!is_anchored) {
      elsewhere_ = "URLs with `://` and the name in their path or query";
      return take_one(rest_, kAnyScheme);
    }
    rest_.remove_prefix(1);
    if (take_one(rest_, kBoth)) { return true; }
    is_http_ = true;
    return take_one(rest_, kHttp);
  }

  void read_labels() {
    is_www_ = take_one(rest_, kWww);
    if (is_www_) { return; }
    is_suffix_ = take_one(rest_, kAnyLabels);
    if (is_suffix_) { return; }
    is_suffix_ = take_one(rest_, kPlainLabels);
    if (is_suffix_) { return more_.push_back("names with `_`"); }
    is_suffix_ = take_one(rest_, kAnything);
    if (is_suffix_) { elsewhere_ = "URLs of others with the name in their path or query"; }
  }

  // A host, perhaps with a port. What is behind it stays in path_ and rest_.
  bool read_host() {
    std::string literal = take_literal(rest_);
    const std::size_t slash = std::min(literal.find('/'), literal.size());
    path_ = literal.substr(slash);
    literal.resize(slash);
    if (const std::size_t colon = literal.find(':'); colon != literal.npos) {
      port_ = literal.substr(colon + 1);
      literal.resize(colon);
      const auto port = parse_port_value(port_);
      if (!port || port->first != port->last || port->first == 80 || port->first == 443) { return false; }
    }
    host_ = ignores_case_ ? lower_case(literal) : literal;
    const auto pattern = is_domain(host_) ? parse_host_value(host_) : std::unexpected(std::string());
    const bool is_address = pattern && Address::parse(pattern->name);
    return pattern && pattern->text() == host_ && !(is_address && (is_suffix_ || is_www_));
  }

  bool read_path() {
    if (!path_.empty()) { return path_ == "/" || is_path_of_its_own(); }
    is_any_port_ = take_one(rest_, kAnyPort);
    if (!is_any_port_ && rest_.starts_with("[/:]")) {
      rest_.remove_prefix(4);
      return is_any_port_ = true;
    }
    if (take_one(rest_, kEnds)) { return true; }
    path_ = take_literal(rest_);
    return path_ == "/" || (path_.starts_with('/') && is_path_of_its_own());
  }

  // As it can be written behind `path`, and in the form that is compared.
  bool is_path_of_its_own() const {
    const auto normal = parse_path_value(path_);
    return normal && *normal == path_ && path_.find_first_of("\",#") == path_.npos;
  }

  std::string advice() {
    const bool has_path = path_.size() > 1;
    std::string condition = is_http_ ? "scheme http host " : "host ";
    condition += is_suffix_ ? '.' + host_ : is_www_ ? host_ + ", www." + host_ : host_;
    if (!port_.empty()) {
      condition += " port " + port_;
    } else if (is_http_ && !is_any_port_) {
      condition += " port 80";
    } else if (!is_any_port_) {
      more_.insert(more_.begin(), "any port");
    }
    if (has_path) {
      condition += " path " + path_;
      if (ignores_case_) { less_.push_back("paths in other letters"); }
      if (!path_.ends_with('/')) { less_.push_back('`' + path_ + "x`, but for the path and what is below it"); }
    } else if (!is_http_) {
      more_.push_back("tunnels (CONNECT)");
    }
    if (!elsewhere_.empty()) { less_.push_back(elsewhere_); }
    if (more_.empty() && less_.empty()) { return '`' + condition + "` says the same; it is faster and easier to read"; }
    return '`' + condition + "` would do here" + joined(", for ", more_) + joined(", not for ", less_) +
           "; it is faster and easier to read";
  }

  static std::string joined(std::string_view begin, const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) { text += (text.empty() ? std::string(begin) : " and ") + one; }
    return text;
  }

  std::string_view rest_;
  bool ignores_case_;
  bool is_http_ = false;
  bool is_suffix_ = false;
  bool is_www_ = false;
  bool is_any_port_ = false;
  std::string host_;
  std::string port_;
  std::string path_;
  std::string elsewhere_;          // where the expression is found beside the host
  std::vector<std::string> more_;  // what the condition holds for beyond the expression
  std::vector<std::string> less_;  // and the other way round
};

// `example\.com`, `\.example\.com/`: whatever is ahead of it and behind.
std::optional<std::string> advice_for_name(std::string_view expression, bool ignores_case) {
  std::string name = take_literal(expression);
  if (!expression.empty()) { return std::nullopt; }
  if (name.starts_with('.')) { name.erase(0, 1); }
  if (name.ends_with('/')) { name.pop_back(); }
  if (ignores_case) { name = lower_case(name); }
  if (name != lower_case(name) || !is_domain(name) || !has_public_end(name)) { return std::nullopt; }
  return "this expression is a name, found anywhere in the URL, in longer names, in paths and queries too; for the "
         "host, "
         "on any port and for tunnels (CONNECT), write `host ." +
         name + "`, which is the name and everything below it";
}

}  // namespace

std::optional<std::string> plain_condition(std::string_view expression) {
  const bool ignores_case = expression.starts_with("(?i)");
  if (ignores_case) { expression.remove_prefix(4); }
  if (auto advice = Reader(expression, ignores_case).run()) { return advice; }
  return advice_for_name(expression, ignores_case);
}

}  // namespace sluice::policy
