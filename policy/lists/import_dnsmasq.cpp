#include <algorithm>
#include <vector>

#include "policy/lists/import_lines.hpp"
#include "policy/lists/nowhere.hpp"

namespace sluice::policy {
namespace {

// "/a.example/b.example/target": the names, and what stands behind the last slash.
struct Directive {
  std::vector<std::string_view> names;
  std::string_view target;
};

std::optional<Directive> directive_of(std::string_view value) {
  if (!value.starts_with('/')) { return std::nullopt; }
  value.remove_prefix(1);
  Directive directive;
  for (std::size_t slash = value.find('/'); slash != value.npos; slash = value.find('/')) {
    directive.names.push_back(value.substr(0, slash));
    value.remove_prefix(slash + 1);
  }
  if (directive.names.empty()) { return std::nullopt; }
  directive.target = value;
  return directive;
}

bool is_target_nowhere(std::string_view target) noexcept {
  if (target.empty() || target == "#") { return true; }
  const auto address = Address::parse(target);
  return address && leads_nowhere(*address);
}

void add_names(const Directive& directive, Effect effect, ImportLines& lines) {
  for (std::string_view name : directive.names) {
    if (name.starts_with("*.")) { name.remove_prefix(2); }
    if (name.starts_with('.')) { name.remove_prefix(1); }
    lines.host(name, Reach::subtree, effect);
  }
}

}  // namespace

void import_dnsmasq(std::string_view text, ImportLines& lines) {
  lines.for_each(text, "#", [&](std::string_view line) {
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string_view key = ImportLines::trimmed(line.substr(0, equals));
    const bool is_known = key == "address" || key == "local" || key == "server";
    if (!is_known) { return lines.unsupported(std::string(key.substr(0, 40))); }
    std::string_view value = equals < line.size() ? line.substr(equals + 1) : std::string_view();
    const std::string_view word = ImportLines::take_word(value);
    const auto directive = directive_of(word);
    if (!directive) { return lines.reject("no `/name/` behind `" + std::string(key) + "=`"); }
    // A name that is looked up as usual although one above it is not.
    if (key == "server" && directive->target == "#") { return add_names(*directive, Effect::excepts, lines); }
    const bool is_blocked = key == "address" ? is_target_nowhere(directive->target) : directive->target.empty();
    if (!is_blocked) { return lines.unsupported(std::string(key) + " with a target"); }
    add_names(*directive, Effect::holds, lines);
  });
}

}  // namespace sluice::policy
