#include "cache/cache_control.hpp"

#include <algorithm>

#include "cache/structured_dictionary.hpp"
#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

// What follows the name of one directive.
struct Argument {
  enum class Form : std::uint8_t { none, text, broken } form = Form::none;
  std::string_view text;  // without the quotes
};

// RFC 9111 5.2: "recipients ought to accept both forms", token and quoted-string. A backslash never occurs in the
// numbers and field names that arguments hold, so a quoted-string with one is broken to us.
Argument read_argument(std::string_view text) {
  const auto broken = Argument{Argument::Form::broken, {}};
  if (!text.starts_with('"')) { return is_token(text) ? Argument{Argument::Form::text, text} : broken; }
  if (text.size() < 2 || !text.ends_with('"')) { return broken; }
  text = text.substr(1, text.size() - 2);
  if (text.find_first_of("\"\\") != std::string_view::npos) { return broken; }
  return {Argument::Form::text, text};
}

// RFC 9111 4.2.1: "When there is more than one value present for a given directive ... either the first occurrence
// should be used or the response should be considered stale." "Caches are encouraged to consider responses that have
// invalid freshness information (e.g., a max-age directive with non-integer content) to be stale."
void set_freshness(std::optional<Seconds>& target, const Argument& argument) {
  if (target) { return; }
  target = argument.form == Argument::Form::text ? parse_delta_seconds(argument.text).value_or(Seconds{0}) : Seconds{0};
}

// A permission to use what is stale, or a wish of the client: one that cannot be read is as good as absent.
void set_permission(std::optional<Seconds>& target, const Argument& argument) {
  if (target || argument.form != Argument::Form::text) { return; }
  target = parse_delta_seconds(argument.text);
}

// More names than this are not worth looking for in every stored field.
constexpr std::size_t kMostNamedFields = 64;

// private and no-cache with field names restrict these fields only. Names that cannot be read restrict everything.
void set_qualified(bool& whole, std::vector<std::string_view>& named, const Argument& argument) {
  std::vector<std::string_view> names;
  bool is_list = argument.form == Argument::Form::text;
  if (is_list) {
    for_each_member(argument.text, [&](std::string_view member) {
      is_list = is_list && is_token(member);
      names.push_back(member);
    });
  }
  if (!is_list || names.empty() || named.size() + names.size() > kMostNamedFields) {
    whole = true;
    return;
  }
  named.insert(named.end(), names.begin(), names.end());
}

void apply(std::string_view name, const Argument& argument, CacheControl& out) {
  const auto is = [name](std::string_view directive) { return equals_ignoring_case(name, directive); };
  const bool is_bare = argument.form == Argument::Form::none;
  if (is("max-age")) {
    set_freshness(out.max_age, argument);
  } else if (is("s-maxage")) {
    set_freshness(out.s_maxage, argument);
  } else if (is("no-cache")) {
    out.has_no_cache = true;
    set_qualified(out.no_cache, out.named_fields, argument);
  } else if (is("no-store")) {
    out.no_store = true;
  } else if (is("private")) {
    set_qualified(out.private_, out.named_fields, argument);
  } else if (is("public")) {
    out.public_ = out.public_ || is_bare;
  } else if (is("must-revalidate")) {
    out.must_revalidate = true;
  } else if (is("proxy-revalidate")) {
    out.proxy_revalidate = true;
  } else if (is("must-understand")) {
    out.must_understand = out.must_understand || is_bare;
  } else if (is("immutable")) {
    // RFC 8246 2: "The immutable extension takes no arguments. If any arguments are present, they have no meaning and
    // MUST be ignored."
    out.immutable = true;
  } else if (is("stale-while-revalidate")) {
    set_permission(out.stale_while_revalidate, argument);
  } else if (is("stale-if-error")) {
    set_permission(out.stale_if_error, argument);
  } else if (is("min-fresh")) {
    set_permission(out.min_fresh, argument);
  } else if (is("max-stale")) {
    // RFC 9111 5.2.1.2: "If no value is assigned to max-stale, then the client will accept a stale response of any
    // age."
    if (is_bare) {
      out.max_stale = out.max_stale.value_or(kMostSeconds);
    } else {
      set_permission(out.max_stale, argument);
    }
  } else if (is("only-if-cached")) {
    out.only_if_cached = true;
  }
}

void apply_member(std::string_view member, CacheControl& out) {
  const auto equals = member.find('=');
  if (equals == std::string_view::npos) { return apply(member, {}, out); }
  const auto name = member.substr(0, equals);
  // Blanks around "=" are not in the grammar: the directive counts, its argument does not.
  if (name != trim(name)) { return apply(trim(name), {Argument::Form::broken, {}}, out); }
  apply(name, read_argument(member.substr(equals + 1)), out);
}

bool closes_its_quotes(std::string_view value) {
  bool quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (quoted && value[i] == '\\') {
      ++i;
    } else if (value[i] == '"') {
      quoted = !quoted;
    }
  }
  return !quoted;
}

void apply_line(std::string_view value, CacheControl& out) {
  if (closes_its_quotes(value)) {
    for_each_member(value, [&](std::string_view member) { apply_member(member, out); });
    return;
  }
  // Nothing restrictive hides behind a quote that never closes: every comma separates.
  while (!value.empty()) {
    const auto member = value.substr(0, value.find(','));
    if (!trim(member).empty()) { apply_member(trim(member), out); }
    value.remove_prefix(std::min(value.size(), member.size() + 1));
  }
}

bool takes_seconds(std::string_view directive) noexcept {
  for (const std::string_view known : {"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"}) {
    if (directive == known) { return true; }
  }
  return false;
}

bool takes_nothing(std::string_view directive) noexcept {
  for (const std::string_view known :
       {"no-store", "must-revalidate", "proxy-revalidate", "must-understand", "public", "immutable"}) {
    if (directive == known) { return true; }
  }
  return false;
}

// RFC 9213 2.1: directives are mapped to the structured types that their values have.
bool has_right_type(const DictionaryMember& member) noexcept {
  using Type = DictionaryMember::Type;
  if (takes_seconds(member.key)) { return member.type == Type::integer; }
  if (takes_nothing(member.key)) { return member.type == Type::boolean; }
  if (member.key == "no-cache" || member.key == "private") {
    return member.type == Type::boolean || member.type == Type::string;
  }
  return true;  // what it means is not known here
}

// REQUIRES: has_right_type(member).
Argument targeted_argument(const DictionaryMember& member) {
  if (member.type == DictionaryMember::Type::boolean) { return {}; }
  return {Argument::Form::text, member.value};
}

}  // namespace

std::optional<Seconds> parse_delta_seconds(std::string_view text) noexcept {
  if (text.empty()) { return std::nullopt; }
  Seconds::rep value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') { return std::nullopt; }
    // RFC 9111 1.2.2: "If a cache receives a delta-seconds value greater than the greatest integer it can represent, or
    // if any of its subsequent calculations overflows, the cache MUST consider the value to be 2147483648 (2^31)".
    value = std::min(value * 10 + (c - '0'), kMostSeconds.count());
  }
  return Seconds{value};
}

CacheControl parse_cache_control(Fields fields) {
  CacheControl out;
  for (const auto& field : fields) {
    if (field.id == FieldName::cache_control) { apply_line(field.value, out); }
  }
  return out;
}

std::optional<CacheControl> parse_targeted_cache_control(Fields fields, std::string_view target) {
  std::vector<DictionaryMember> members;
  for (const auto& field : fields) {
    if (!equals_ignoring_case(field.name, target)) { continue; }
    // RFC 9213 2.1: "If a targeted field in a given response is empty, or a parsing error is encountered, that field
    // MUST be ignored by the cache (i.e., it behaves as if the field were not present ...)".
    if (!parse_dictionary(field.value, members)) { return std::nullopt; }
  }
  // A value that cannot be meant makes the whole as doubtful as one that cannot be read.
  if (members.empty() || !std::ranges::all_of(members, has_right_type)) { return std::nullopt; }
  CacheControl out;
  out.is_targeted = true;
  for (const auto& member : members) {
    if (member.type == DictionaryMember::Type::boolean && member.value == "0") { continue; }
    apply(member.key, targeted_argument(member), out);
  }
  return out;
}

// RFC 9213 2.2: caches use the first member of their target list that is present with a valid, non-empty value, and
// "ignore the Cache-Control and Expires header fields".
std::string governing_directives(Fields fields, std::span<const std::string> targets) {
  for (const auto& target : targets) {
    if (find(fields, target) == nullptr) { continue; }
    if (parse_targeted_cache_control(fields, target)) { return combined(fields, target); }
  }
  return {};
}

CacheControl response_directives(Fields fields) {
  if (const auto* governing = find(fields, FieldName::sluice_directives); governing != nullptr) {
    if (auto targeted = parse_targeted_cache_control(fields, governing->name)) { return *std::move(targeted); }
  }
  return parse_cache_control(fields);
}

std::string targeted_text(const CacheControl& directives) {
  std::string out;
  const auto append = [&out](std::string_view member) { (out += out.empty() ? "" : ", ") += member; };
  const auto append_flag = [&](std::string_view name, bool is_set) {
    if (is_set) { append(name); }
  };
  const auto append_time = [&](std::string_view name, const std::optional<Seconds>& time) {
    if (time) { append(std::string(name) + '=' + std::to_string(time->count())); }
  };
  append_flag("no-store", directives.no_store);
  append_flag("no-cache", directives.no_cache);
  append_flag("private", directives.private_);
  if (!directives.named_fields.empty()) {
    std::string names;
    for (const auto name : directives.named_fields) { (names += names.empty() ? "" : ", ") += name; }
    append("private=\"" + names + '"');
  }
  append_flag("public", directives.public_);
  append_flag("must-revalidate", directives.must_revalidate);
  append_flag("proxy-revalidate", directives.proxy_revalidate);
  append_flag("must-understand", directives.must_understand);
  append_flag("immutable", directives.immutable);
  append_time("max-age", directives.max_age);
  append_time("s-maxage", directives.s_maxage);
  append_time("stale-while-revalidate", directives.stale_while_revalidate);
  append_time("stale-if-error", directives.stale_if_error);
  return out;
}

}  // namespace sluice::cache
