#include "cache/vary.hpp"

#include <algorithm>
#include <array>

#include "cache/accept.hpp"
#include "cache/syntax.hpp"

namespace sluice::cache {
namespace {

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

// RFC 9110 5.6.1: blanks around the commas of a list mean nothing, but for those in a quoted-string. Who combines lines
// puts blanks there as he likes.
void append_without_blanks_at_commas(std::string_view value, std::string& out) {
  const auto start = out.size();
  bool quoted = false;
  bool behind_comma = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool is_blank = c == ' ' || c == '\t';
    if (behind_comma && is_blank) { continue; }
    if (!quoted && c == ',') {
      while (out.size() > start && (out.back() == ' ' || out.back() == '\t')) { out.pop_back(); }
    }
    behind_comma = !quoted && c == ',';
    if (c == '"') { quoted = !quoted; }
    out += c;
    if (quoted && c == '\\' && i + 1 < value.size()) { out += value[++i]; }
  }
}

// RFC 9111 4.1: header fields match "if those in the first request can be transformed to those in the second request by
// applying any of": whitespace "where allowed in the header field's syntax", "combining multiple header field lines
// with the same field name", "normalizing both header field values in a way that is known to have identical semantics,
// according to the header field's specification (e.g., reordering field values when order is not significant;
// case-normalization, where values are defined to be case-insensitive)".
void append_normalised(const Field& first, Fields request, std::string& out) {
  if (first.id == FieldName::accept_encoding) { return append_accept_encoding(request, out); }
  const auto value = first.id == FieldName::other ? combined(request, first.name) : combined(request, first.id);
  if (first.id == FieldName::accept || equals_ignoring_case(first.name, "Accept-Charset")) {
    out += normalised_preferences(value, Ordering::insignificant);
  } else if (first.id == FieldName::accept_language) {
    out += normalised_preferences(value, Ordering::breaks_ties);
  } else if (first.id == FieldName::other) {
    append_without_blanks_at_commas(value, out);
  } else {
    out += value;
  }
}

const Field* find_selecting(Fields request, std::string_view name) noexcept {
  const auto id = field_name(name);
  return id == FieldName::other ? find(request, name) : find(request, id);
}

}  // namespace

VaryNames vary_names(Fields response) {
  VaryNames out;
  for (const auto& field : response) {
    if (field.id != FieldName::vary) { continue; }
    for_each_member(field.value, [&](std::string_view member) {
      // A member that is no field name cannot be matched; like "*" it says that we do not know what selects.
      if (member == "*" || !is_token(member)) { out.matches_nothing = true; }
      out.names.push_back(lower_case(member));
    });
  }
  std::sort(out.names.begin(), out.names.end());
  out.names.erase(std::unique(out.names.begin(), out.names.end()), out.names.end());
  if (out.names.size() > kMostVaryNames) {
    out.names.clear();
    out.matches_nothing = true;
  }
  return out;
}

std::string variant_key(const VaryNames& names, Fields request) {
  std::string out;
  out.reserve(names.names.size() * 48);
  for (const auto& name : names.names) {
    out += name;
    // RFC 9111 4.1: "If (after any normalization that might take place) a header field is absent from a request, it can
    // only match another request if it is also absent there." So absent and empty differ.
    if (const auto* field = find_selecting(request, name); field != nullptr) {
      out += ':';
      append_normalised(*field, request, out);
    }
    out += '\n';  // occurs in no field value
  }
  return out;
}

}  // namespace sluice::cache
