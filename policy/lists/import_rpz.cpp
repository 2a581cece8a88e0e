// Response policy zones: the owner of a record is what it is about, its data what is done. Only owners that are names
// and addresses of answers (rpz-ip) mean something to a gateway.

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "policy/lists/import_lines.hpp"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 3> kOtherTriggers{"rpz-client-ip", "rpz-nsdname", "rpz-nsip"};

std::string lower(std::string_view text) {
  std::string copy(text);
  std::ranges::transform(copy, copy.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return copy;
}

std::optional<unsigned> number(std::string_view text, unsigned limit, int base = 10) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || value > limit) { return std::nullopt; }
  return value;
}

// "24.0.2.0.192" is 192.0.2.0/24; "48.zz.2.2001" is 2001:2::/48.
std::optional<Prefix> prefix_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == text.npos || parts.size() > 10) { break; }
    text.remove_prefix(dot + 1);
  }
  if (parts.size() < 3) { return std::nullopt; }
  const auto bits = number(parts.front(), 128);
  std::string address;
  const bool is_ipv4 = parts.size() == 5 && std::ranges::find(parts, "zz") == parts.end();
  for (std::size_t i = parts.size(); i-- > 1;) {
    const bool is_gap = parts[i] == "zz";
    if (!address.empty() && !address.ends_with("::")) { address += is_ipv4 ? "." : ":"; }
    if (is_gap) {
      address += address.ends_with(':') ? ":" : "::";
    } else {
      address += parts[i];
    }
  }
  const auto parsed = Address::parse(address);
  if (!bits || !parsed || (is_ipv4 && *bits > 32)) { return std::nullopt; }
  return Prefix(*parsed, static_cast<int>(is_ipv4 ? *bits + 96 : *bits));
}

struct Record {
  std::string owner;
  std::string type;
  std::string data;
};

class ZoneReader {
 public:
  explicit ZoneReader(ImportLines& lines) : lines_(lines) {}

  void read(std::string_view line) {
    line = ImportLines::trimmed(line.substr(0, line.find(';')));
    if (is_in_parentheses_) {
      is_in_parentheses_ = line.find(')') == line.npos;
      return lines_.skip();
    }
    if (line.starts_with('$')) { return read_control(line); }
    is_in_parentheses_ = line.find('(') != line.npos && line.find(')') == line.npos;
    if (const auto record = record_of(line)) { read_record(*record); }
  }

 private:
  void read_control(std::string_view line) {
    const std::string word = lower(ImportLines::take_word(line));
    if (word == "$origin") { origin_ = without_dot(lower(ImportLines::take_word(line))); }
    lines_.skip();
  }

  static std::string without_dot(std::string name) {
    if (name.ends_with('.')) { name.pop_back(); }
    return name;
  }

  // Owners are written relative to the zone, or whole with its name at the end.
  std::string relative(std::string_view owner) const {
    std::string name = lower(owner);
    if (!name.ends_with('.')) { return name; }
    name.pop_back();
    if (!origin_.empty() && name.ends_with('.' + origin_)) { name.resize(name.size() - origin_.size() - 1); }
    return name;
  }

  std::optional<Record> record_of(std::string_view line) {
    const bool has_owner = !lines_.whole_line().starts_with(' ') && !lines_.whole_line().starts_with('\t');
    if (has_owner) { owner_ = relative(ImportLines::take_word(line)); }
    std::string type;
    while (!line.empty()) {
      type = lower(ImportLines::take_word(line));
      const bool is_ahead_of_type = type == "in" || number(type.substr(0, type.find_first_not_of("0123456789")), ~0U);
      if (!is_ahead_of_type) { break; }
    }
    if (owner_.empty() || type.empty() || line.empty()) {
      lines_.reject("no record: owner, type and data are expected");
      return std::nullopt;
    }
    return Record{owner_, type, lower(line)};
  }

  static bool is_passthru(const Record& record) {
    return record.data == "rpz-passthru." || record.data == record.owner + '.' || record.data == record.owner;
  }

  void read_record(const Record& record) {
    const bool is_of_zone = record.owner == "@" || record.type == "soa" || record.type == "ns";
    if (is_of_zone) { return lines_.skip(); }
    if (record.type != "cname" && record.type != "a" && record.type != "aaaa" && record.type != "txt") {
      return lines_.unsupported("records of the type " + record.type.substr(0, 20));
    }
    if (record.data == "rpz-tcp-only.") { return lines_.unsupported("rpz-tcp-only"); }
    add(record, record.type == "cname" && is_passthru(record) ? Effect::excepts : Effect::holds);
  }

  void add(const Record& record, Effect effect) {
    const std::string_view owner = record.owner;
    for (const std::string_view trigger : kOtherTriggers) {
      if (owner.ends_with(trigger)) { return lines_.unsupported(std::string(trigger)); }
    }
    if (owner.ends_with(".rpz-ip")) {
      const auto prefix = prefix_of(owner.substr(0, owner.size() - 7));
      return prefix ? lines_.prefix(*prefix, effect) : lines_.reject("no prefix ahead of rpz-ip");
    }
    if (owner.starts_with("*.")) {
      lines_.host(owner.substr(2), Reach::below, effect);
    } else {
      lines_.host(owner, Reach::exact, effect);
    }
  }

  ImportLines& lines_;
  std::string origin_;
  std::string owner_;
  bool is_in_parentheses_ = false;
};

}  // namespace

void import_rpz(std::string_view text, ImportLines& lines) {
  ZoneReader reader(lines);
  lines.for_each(text, ";", [&](std::string_view line) { reader.read(line); });
}

}  // namespace sluice::policy
