#include <algorithm>
#include <array>

#include "policy/lists/import_lines.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 11> kBlockingTypes{
    "always_nxdomain", "always_refuse", "always_deny", "always_null", "always_nodata", "refuse", "deny",
    "static",          "redirect",      "inform_deny", "block_a"};
constexpr std::array<std::string_view, 5> kPassingTypes{"transparent", "always_transparent", "typetransparent",
                                                        "nodefault", "inform"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) noexcept {
  return std::ranges::find(words, word) != words.end();
}

std::string_view unquoted(std::string_view text) noexcept {
  text = ImportLines::trimmed(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    return ImportLines::trimmed(text.substr(1, text.size() - 2));
  }
  return text;
}

std::string_view without_wildcard(std::string_view name) noexcept {
  return name.starts_with("*.") ? name.substr(2) : name;
}

void read_zone(std::string_view value, ImportLines& lines) {
  const std::string_view name = unquoted(ImportLines::take_word(value));
  const std::string_view type = unquoted(ImportLines::take_word(value));
  if (is_one_of(kBlockingTypes, type)) {
    lines.host(without_wildcard(name), Reach::subtree);
  } else if (is_one_of(kPassingTypes, type)) {
    lines.host(without_wildcard(name), Reach::subtree, Effect::excepts);
  } else {
    lines.reject("a zone of the type `" + std::string(type.substr(0, 40)) + '`');
  }
}

// "name [ttl] [class] A 0.0.0.0": data for this name and none below it.
void read_data(std::string_view value, ImportLines& lines) {
  std::string_view record = unquoted(value);
  const std::string_view name = ImportLines::take_word(record);
  std::string_view type;
  std::string_view data;
  while (!record.empty()) {
    type = data;
    data = ImportLines::take_word(record);
  }
  if (type != "A" && type != "AAAA" && type != "a" && type != "aaaa") { return lines.skip(); }
  const auto address = Address::parse(data);
  if (!address) { return lines.reject("no address at the end of the record"); }
  const bool is_nowhere = *address == Address{} || *address == Address::from_ipv4({0, 0, 0, 0}) ||
                          *address == Address::from_ipv4({127, 0, 0, 1}) || data == "::1";
  if (!is_nowhere) { return lines.unsupported("local-data with an address of its own"); }
  lines.host(without_wildcard(name), Reach::exact);
}

}  // namespace

void import_unbound(std::string_view text, ImportLines& lines) {
  lines.for_each(text, "#", [&](std::string_view line) {
    // A comment may stand behind a value.
    if (const std::size_t comment = line.find(" #"); comment != line.npos) {
      line = ImportLines::trimmed(line.substr(0, comment));
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos) { return lines.reject("no `key:` at the beginning of the line"); }
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = ImportLines::trimmed(line.substr(colon + 1));
    if (key == "local-zone") { return read_zone(value, lines); }
    if (key == "local-data") { return read_data(value, lines); }
    if (key == "server" && value.empty()) { return lines.skip(); }
    lines.unsupported(std::string(key.substr(0, 40)));
  });
}

}  // namespace sluice::policy
