#include "gateway/config/show.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "gateway/config/key.hpp"
#include "gateway/config/value.hpp"

namespace sluice::config {
namespace {

// Texts that YAML would take for something else, or that it cannot hold bare, are quoted.
bool is_safe_bare(std::string_view text) {
  const auto is_safe_octet = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '/' || c == '-' || c == ':';
  };
  static constexpr std::string_view kSpecial[] = {"null", "Null", "NULL", "true", "false", "yes", "no", "on", "off"};
  if (text.empty() || std::ranges::find(kSpecial, text) != std::end(kSpecial)) { return false; }
  const bool starts_well = std::isalnum(static_cast<unsigned char>(text.front())) != 0 || text.front() == '/';
  return starts_well && text.back() != ':' && std::ranges::all_of(text, is_safe_octet);
}

std::string yaml_text(std::string_view text) {
  if (is_safe_bare(text)) { return std::string(text); }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') { out += '\\'; }
    out += c;
  }
  return out + "\"";
}

std::string yaml_listener(const Listener& listener) {
  if (listener.mode == Listener{}.mode) { return yaml_text(listener.address); }
  return "{address: " + yaml_text(listener.address) + ", mode: " + yaml_text(listener.mode) + "}";
}

std::vector<std::string> yaml_items(const Key& key, const Configuration& configuration) {
  std::vector<std::string> items;
  if (key.kind == Kind::listeners) {
    for (const Listener& listener : list_listeners(key, configuration)) { items.push_back(yaml_listener(listener)); }
  } else {
    for (const std::string& text : list_texts(key, configuration)) { items.push_back(yaml_text(text)); }
  }
  return items;
}

// "memory: 256MiB" and, for lists, a line for each item.
std::vector<std::string> yaml_lines(const Key& key, const Configuration& configuration) {
  const std::string name(key.leaf());
  if (!key.is_list()) {
    const std::string value = value_text(key, configuration);
    const bool is_text = key.kind == Kind::text || key.kind == Kind::choice;
    return {name + ": " + (is_text ? yaml_text(value) : value)};
  }
  const auto items = yaml_items(key, configuration);
  if (items.empty()) { return {name + ": []"}; }
  std::vector<std::string> lines{name + ":"};
  for (const std::string& item : items) { lines.push_back("  - " + item); }
  return lines;
}

std::string shortest_default(const Key& key) {
  std::string text = display_text(key, Configuration{});
  return text.empty() ? "\"\"" : text;
}

std::string comment_of(const Key& key) {
  std::string out(key.meaning);
  out += " (" + allowed_values(key) + ")";
  return out;
}

void append_section_of_defaults(const Key& key, bool as_comments, std::string& out) {
  const std::string indent = key.section().empty() ? "" : "  ";
  out += indent + "# " + comment_of(key) + "\n";
  for (const std::string& line : yaml_lines(key, Configuration{})) {
    out += indent + (as_comments ? "#" : "") + line + "\n";
  }
}

void append_row(const Key& key, std::string& out) {
  std::string allowed = allowed_values(key);
  std::string meaning(key.meaning);
  out += "| `" + std::string(key.name) + "` | " + allowed + " | `" + shortest_default(key) + "` | " +
         (key.needs_restart ? "restart" : "reload") + " | " + meaning + " |\n";
}

constexpr std::string_view kPageHead = R"(# Configuration

`sluiced --config FILE` reads one YAML file. Every key has a default, so an empty file, or none, is a good one. Settings
on the command line (`--set cache.memory=64MiB`) come after the file; items of a list are separated by commas
(`--set listeners=127.0.0.1:3128,[::1]:3128`).

- `sluice config check FILE` says everything that is wrong at once, with line, column and the nearest known key. Unknown
  keys, keys given twice, values of the wrong type and values out of range are errors.
- `sluice config show` prints what is in force, `sluice config show --defaults` every key with its meaning.
- `sluice config reload` (or SIGHUP) reads the file again. A file with an error changes nothing. Keys marked `restart`
  take effect at the next start; the reload says which of them changed.

Sizes are octets, or `64KiB`, `16MiB`, `1GiB`, `1TiB`. Durations are `500ms`, `10s`, `5m`, `1h`, `7d`. In YAML an IPv6
address needs quotes: `"[::1]:3128"`. STATE is the state directory.

This page is made from the table of keys by `sluice config keys`.
)";

constexpr std::string_view kTableHead =
    "| key | allowed | default | changed by | meaning |\n| --- | --- | --- | --- | --- |\n";

constexpr std::string_view kPageFoot = R"(
## Listeners

```yaml
listeners:
  - 127.0.0.1:3128
  - "[::1]:3128"
  - {address: 10.0.0.1:8080, mode: explicit}
```

The mode `explicit` is a proxy port: absolute-form requests and CONNECT. It is the default, and the only mode so far.
)";

}  // namespace

std::string show(const Configuration& configuration) {
  std::string out;
  std::string_view section;
  for (const Key& key : keys()) {
    if (key.section() != section) {
      section = key.section();
      out += std::string(section) + ":\n";
    }
    for (const std::string& line : yaml_lines(key, configuration)) {
      out += std::string(section.empty() ? "" : "  ") + line + "\n";
    }
  }
  return out;
}

std::string defaults_yaml(bool as_comments) {
  std::string out = "# Configuration of sluiced. Every key, with its default.\n";
  out += as_comments ? "# A key takes effect when its line is uncommented. Check with: sluice config check\n\n" : "\n";
  std::string_view section;
  for (const Key& key : keys()) {
    if (key.section() != section) {
      section = key.section();
      out += "\n# " + std::string(section_meaning(section)) + "\n" + std::string(section) + ":\n";
    }
    append_section_of_defaults(key, as_comments, out);
  }
  return out;
}

std::string keys_markdown() {
  std::string out(kPageHead);
  out += "\n## Top\n\n" + std::string(kTableHead);
  std::string_view section;
  for (const Key& key : keys()) {
    if (key.section() != section) {
      section = key.section();
      out += "\n## " + std::string(section) + "\n\n" + std::string(section_meaning(section)) + "\n\n";
      out += kTableHead;
    }
    append_row(key, out);
  }
  return out + std::string(kPageFoot);
}

}  // namespace sluice::config
