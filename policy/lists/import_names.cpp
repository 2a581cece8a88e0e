// Plain lists of names, and hosts files.

#include <algorithm>
#include <array>

#include "policy/lists/import_lines.hpp"
#include "policy/lists/nowhere.hpp"

namespace sluice::policy {
namespace {

// What hosts files say of the machine that they are on.
constexpr std::array<std::string_view, 12> kLocalNames{
    "localhost",    "localhost.localdomain", "local",        "broadcasthost",  "ip6-localhost", "ip6-loopback",
    "ip6-localnet", "ip6-mcastprefix",       "ip6-allnodes", "ip6-allrouters", "ip6-allhosts",  "0.0.0.0"};

std::string_view without_comment(std::string_view line) noexcept {
  return ImportLines::trimmed(line.substr(0, line.find('#')));
}

std::string_view without_wildcard(std::string_view name) noexcept {
  if (name.starts_with("*.")) { return name.substr(2); }
  return name.starts_with('.') ? name.substr(1) : name;
}

void read_host_names(std::string_view names, ImportLines& lines) {
  while (!names.empty()) {
    const std::string_view name = ImportLines::take_word(names);
    if (std::ranges::find(kLocalNames, name) != kLocalNames.end()) {
      lines.skip();
    } else {
      lines.host(name, Reach::exact);
    }
  }
}

}  // namespace

void import_domains(std::string_view text, ImportLines& lines) {
  lines.for_each(text, "#!;", [&](std::string_view line) {
    std::string_view rest = without_comment(line);
    const std::string_view name = ImportLines::take_word(rest);
    if (!rest.empty()) { return lines.reject("more than one word where a name is expected"); }
    lines.host(without_wildcard(name), Reach::subtree);
  });
}

void import_hosts(std::string_view text, ImportLines& lines) {
  lines.for_each(text, "#!;", [&](std::string_view line) {
    std::string_view names = without_comment(line);
    std::string_view written = ImportLines::take_word(names);
    written = written.substr(0, written.find('%'));  // fe80::1%lo0
    const auto address = Address::parse(written == "0" ? "0.0.0.0" : written);
    if (!address) { return lines.reject("no address at the beginning of the line"); }
    if (names.empty()) { return lines.reject("an address without a name"); }
    const bool is_link_local = address->octets()[0] == 0xfe || address->octets()[0] == 0xff;
    if (is_link_local || *address == Address::from_ipv4({255, 255, 255, 255})) { return lines.skip(); }
    if (!leads_nowhere(*address)) { return lines.reject("a name with an address of its own blocks nothing"); }
    read_host_names(names, lines);
  });
}

}  // namespace sluice::policy
