#include <algorithm>
#include <array>

#include "policy/lists/answered_zones.hpp"
#include "policy/lists/import_lines.hpp"
#include "policy/lists/nowhere.hpp"

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

// "key: value" without the comment that may stand behind.
struct Option {
  std::string_view key;
  std::string_view value;
};

std::optional<Option> option_of(std::string_view line) noexcept {
  if (const std::size_t comment = line.find(" #"); comment != line.npos) { line = line.substr(0, comment); }
  const std::size_t colon = line.find(':');
  if (colon == line.npos) { return std::nullopt; }
  return Option{line.substr(0, colon), ImportLines::trimmed(line.substr(colon + 1))};
}

struct Zone {
  std::string_view name;
  std::string_view type;
};

Zone zone_of(std::string_view value) noexcept {
  Zone zone;
  zone.name = without_wildcard(unquoted(ImportLines::take_word(value)));
  zone.type = unquoted(ImportLines::take_word(value));
  return zone;
}

// "name [ttl] [class] A 0.0.0.0": data for this name and none below it.
struct Record {
  enum class Kind : std::uint8_t { answer, nowhere, bad, other };
  std::string_view name;
  Kind kind = Kind::other;
};

Record::Kind kind_of(std::string_view type, std::string_view data) noexcept {
  if (type == "CNAME" || type == "cname") { return Record::Kind::answer; }
  if (type != "A" && type != "AAAA" && type != "a" && type != "aaaa") { return Record::Kind::other; }
  const auto address = Address::parse(data);
  if (!address) { return Record::Kind::bad; }
  return leads_nowhere(*address) ? Record::Kind::nowhere : Record::Kind::answer;
}

Record record_of(std::string_view value) noexcept {
  std::string_view words = unquoted(value);
  Record record;
  record.name = without_wildcard(ImportLines::take_word(words));
  std::string_view type;
  std::string_view data;
  while (!words.empty()) {
    type = data;
    data = ImportLines::take_word(words);
  }
  record.kind = kind_of(type, data);
  return record;
}

// Reads the text ahead of the entries: data may stand behind the zone that they are of.
class Answers {
 public:
  explicit Answers(std::string_view text) {
    for_each(text, "local-data", [&](std::string_view value) {
      const Record record = record_of(value);
      if (record.kind == Record::Kind::answer) { with_normal(record.name, &AnsweredZones::add_answer); }
    });
    zones_.end_answers();
    if (!zones_.has_answers()) { return; }
    for_each(text, "local-zone",
             [&](std::string_view value) { with_normal(zone_of(value).name, &AnsweredZones::add_zone); });
    zones_.end_zones();
  }

  bool is_of_name(std::string_view name) const { return asked(name, &AnsweredZones::has_answer); }
  // Does the zone answer by its data? Zones that always say the same do not.
  bool are_of(const Zone& zone) const {
    return !zone.type.starts_with("always_") && asked(zone.name, &AnsweredZones::is_answered);
  }

 private:
  template <typename Read>
  static void for_each(std::string_view text, std::string_view key, Read read) {
    ImportLines::for_each_line(text, "#", [&](const ImportLines::Line& line) {
      const auto option = option_of(line.trimmed);
      if (option && option->key == key) { read(option->value); }
    });
  }
  void with_normal(std::string_view name, void (AnsweredZones::*add)(std::string_view)) {
    NameBuffer buffer;
    if (const auto normal = normal_name(name, buffer)) { (zones_.*add)(*normal); }
  }
  bool asked(std::string_view name, bool (AnsweredZones::*ask)(std::string_view) const) const {
    NameBuffer buffer;
    if (!zones_.has_answers()) { return false; }
    const auto normal = normal_name(name, buffer);
    return normal && (zones_.*ask)(*normal);
  }

  AnsweredZones zones_;
};

void read_zone(const Zone& zone, const Answers& answers, ImportLines& lines) {
  if (is_one_of(kBlockingTypes, zone.type)) {
    if (answers.are_of(zone)) { return lines.unsupported("local-zone whose local-data has an answer of its own"); }
    lines.host(zone.name, Reach::subtree);
  } else if (is_one_of(kPassingTypes, zone.type)) {
    lines.host(zone.name, Reach::subtree, Effect::excepts);
  } else {
    lines.reject("a zone of the type `" + std::string(zone.type.substr(0, 40)) + '`');
  }
}

void read_record(const Record& record, const Answers& answers, ImportLines& lines) {
  switch (record.kind) {
    case Record::Kind::other:
      return lines.skip();
    case Record::Kind::bad:
      return lines.reject("no address at the end of the record");
    case Record::Kind::answer:
      return lines.unsupported("local-data with an answer of its own");
    case Record::Kind::nowhere:
      break;
  }
  if (answers.is_of_name(record.name)) { return lines.unsupported("local-data of a name with an answer of its own"); }
  lines.host(record.name, Reach::exact);
}

}  // namespace

void import_unbound(std::string_view text, ImportLines& lines) {
  const Answers answers(text);
  lines.for_each(text, "#", [&](std::string_view line) {
    const auto option = option_of(line);
    if (!option) { return lines.reject("no `key:` at the beginning of the line"); }
    if (option->key == "local-zone") { return read_zone(zone_of(option->value), answers, lines); }
    if (option->key == "local-data") { return read_record(record_of(option->value), answers, lines); }
    if (option->key == "server" && option->value.empty()) { return lines.skip(); }
    lines.unsupported(std::string(option->key.substr(0, 40)));
  });
}

}  // namespace sluice::policy
