#include "cache/accept.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

constexpr int kFullWeight = 1000;

// RFC 9110 12.4.2: qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in thousandths.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) { return std::nullopt; }
  int value = (text[0] - '0') * kFullWeight;
  if (text.size() > 1 && text[1] != '.') { return std::nullopt; }
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c)) { return std::nullopt; }
    value += (c - '0') * unit;
    unit /= 10;
  }
  return value <= kFullWeight ? std::optional(value) : std::nullopt;
}

// The weight if this parameter is one: "q=0.5".
std::optional<int> weight_in(std::string_view part) {
  const bool is_weight = part.size() > 2 && to_lower(part[0]) == 'q' && part[1] == '=';
  return is_weight ? parse_weight(part.substr(2)) : std::nullopt;
}

struct Preference {
  std::string text;  // without the weight
  int weight = kFullWeight;
  std::size_t position = 0;
};

// Calls `each` for every part between semicolons outside quotes, trimmed.
template <typename Each>
void for_each_part(std::string_view member, Each each) {
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= member.size(); ++i) {
    if (i < member.size()) {
      if (quoted && member[i] == '\\' && i + 1 < member.size()) {
        ++i;
        continue;
      }
      if (member[i] == '"') { quoted = !quoted; }
      if (quoted || member[i] != ';') { continue; }
    }
    each(trim(member.substr(start, std::min(i, member.size()) - start)));
    start = i + 1;
  }
}

void append_lower_outside_quotes(std::string_view text, std::string& out) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\' && i + 1 < text.size()) { out += text[i++]; }
    if (text[i] == '"') { quoted = !quoted; }
    out += quoted ? text[i] : to_lower(text[i]);
  }
}

Preference parse_preference(std::string_view member) {
  Preference out;
  for_each_part(member, [&](std::string_view part) {
    if (const auto weight = weight_in(part)) {
      out.weight = *weight;
      return;
    }
    if (!out.text.empty()) { out.text += ';'; }
    append_lower_outside_quotes(part, out.text);
  });
  return out;
}

void append_weight(int weight, std::string& out) {
  if (weight == kFullWeight) { return; }
  auto digits = std::to_string(kFullWeight + weight).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  out.append(";q=0");
  if (!digits.empty()) { out.append(".").append(digits); }
}

// What Accept-Encoding says of the codings that tell variants apart. Allocates nothing while reading: a hit on a
// response that varies by it comes here.
class AcceptedCodings {
 public:
  void add(std::string_view member) {
    auto coding = trim(member.substr(0, member.find(';')));
    const bool is_accepted = coding.size() == member.size() || weight_of(member) > 0;
    // RFC 9110 8.4.1.3: 'A recipient SHOULD consider "x-gzip" to be equivalent to "gzip".'
    if (coding.size() == 6 && equals_ignoring_case(coding, "x-gzip")) { coding = "gzip"; }
    if (coding == "*") { others_ = is_accepted; }
    for (std::size_t i = 0; i < kCodings.size(); ++i) {
      if (coding.size() == kCodings[i].size() && equals_ignoring_case(coding, kCodings[i])) {
        accepted_[i] = is_accepted;
      }
    }
  }

  // RFC 9110 12.5.3: "If the representation has no content coding, then it is acceptable by default unless specifically
  // excluded by the Accept-Encoding header field stating either "identity;q=0" or "*;q=0" without a more specific entry
  // for "identity"."
  void append_to(std::string& out) const {
    bool first = true;
    for (std::size_t i = 0; i < kCodings.size(); ++i) {
      const bool by_default = others_.value_or(kCodings[i] == "identity");
      if (!accepted_[i].value_or(by_default)) { continue; }
      if (!first) { out += ", "; }
      out += kCodings[i];
      first = false;
    }
  }

 private:
  static constexpr std::array<std::string_view, 4> kCodings = {"br", "gzip", "zstd", "identity"};

  static int weight_of(std::string_view member) {
    int weight = kFullWeight;
    for_each_part(member, [&weight](std::string_view part) { weight = weight_in(part).value_or(weight); });
    return weight;
  }

  std::array<std::optional<bool>, kCodings.size()> accepted_;
  std::optional<bool> others_;  // what "*" says
};

}  // namespace

void append_accept_encoding(Fields request, std::string& out) {
  AcceptedCodings accepted;
  for (const auto& field : request) {
    if (field.id != FieldName::accept_encoding) { continue; }
    for_each_member(field.value, [&](std::string_view member) { accepted.add(member); });
  }
  accepted.append_to(out);
}

std::string normalised_preferences(std::string_view value, Ordering ordering) {
  std::vector<Preference> members;
  for_each_member(value, [&](std::string_view member) {
    members.push_back(parse_preference(member));
    members.back().position = members.size();
  });
  std::sort(members.begin(), members.end(), [ordering](const Preference& a, const Preference& b) {
    if (a.weight != b.weight) { return a.weight > b.weight; }
    if (ordering == Ordering::insignificant && a.text != b.text) { return a.text < b.text; }
    return a.position < b.position;
  });
  std::string out;
  for (const auto& member : members) {
    if (!out.empty()) { out += ','; }
    out += member.text;
    append_weight(member.weight, out);
  }
  return out;
}

}  // namespace sluice::cache
