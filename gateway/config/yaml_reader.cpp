#include "gateway/config/yaml_reader.hpp"

#include <optional>
#include <set>
#include <utility>

#include <yaml-cpp/yaml.h>

#include "gateway/config/key.hpp"
#include "gateway/config/nearest.hpp"
#include "gateway/config/value.hpp"

namespace sluice::config {
namespace {

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) { line.remove_suffix(1); }
    lines.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string kind_of(const YAML::Node& node) {
  if (node.IsMap()) { return "a map"; }
  if (node.IsSequence()) { return "a list"; }
  if (node.IsNull()) { return "nothing"; }
  return "`" + node.Scalar() + "`";
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& file_name, Configuration& configuration, Places& places,
         std::vector<Diagnostic>& diagnostics)
      : lines_(split_lines(text)),
        file_name_(file_name),
        configuration_(configuration),
        places_(places),
        diagnostics_(diagnostics) {}

  void read(const std::string& text) {
    try {
      const std::vector<YAML::Node> documents = YAML::LoadAll(text);
      if (documents.size() > 1) { complain(documents[1], "a second document; a configuration is one document"); }
      if (!documents.empty()) { read_root(documents.front()); }
    } catch (const YAML::Exception& exception) {
      const Place place = place_of(exception.mark);
      const std::string hint = place.excerpt.starts_with('\t') ? "; indent with spaces, not with tabs" : "";
      complain(place, "not YAML: " + exception.msg + hint);
    }
  }

 private:
  void read_root(const YAML::Node& root) {
    if (root.IsNull()) { return; }  // an empty file: all defaults
    if (!root.IsMap()) {
      complain(root, "expected keys such as `cache:`, found " + kind_of(root));
      return;
    }
    read_map(root, "");
  }

  void read_map(const YAML::Node& map, const std::string& section) {
    std::set<std::string> seen;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        complain(entry.first, "a key must be a word, found " + kind_of(entry.first));
        continue;
      }
      const std::string name = section.empty() ? entry.first.Scalar() : section + "." + entry.first.Scalar();
      if (!seen.insert(name).second) {
        complain(entry.first, "`" + name + "` is given twice");
        continue;
      }
      read_entry(name, entry.first, entry.second);
    }
  }

  void read_entry(const std::string& name, const YAML::Node& key_node, const YAML::Node& value) {
    if (const Key* const key = find_key(name)) {
      read_value(*key, key_node, value);
    } else if (is_section(name)) {
      read_section(name, value);
    } else {
      complain(key_node, "unknown key `" + name + "`" + hint_for_unknown_key(name));
    }
  }

  void read_section(const std::string& name, const YAML::Node& value) {
    if (value.IsNull()) { return; }  // everything in it is commented out
    if (!value.IsMap()) {
      complain(value, "`" + name + "` is a section: expected keys below it, found " + kind_of(value));
      return;
    }
    read_map(value, name);
  }

  void read_value(const Key& key, const YAML::Node& key_node, const YAML::Node& value) {
    const std::string name(key.name);
    const auto errors_before = diagnostics_.size();
    if (value.IsNull()) {
      complain(key_node, "`" + name + "` has no value; leave the line out for the default");
    } else if (key.is_list()) {
      read_list(key, value);
    } else if (!value.IsScalar()) {
      complain(value, "`" + name + "` takes one value (" + allowed_values(key) + "), found " + kind_of(value));
    } else {
      complain_if(value, assign(key, configuration_, value.Scalar()));
    }
    if (diagnostics_.size() == errors_before) { places_.insert_or_assign(name, place_of(value.Mark())); }
  }

  // One item may stand without a list around it.
  void read_list(const Key& key, const YAML::Node& value) {
    clear_list(key, configuration_);
    if (!value.IsSequence()) {
      read_item(key, value);
      return;
    }
    for (const YAML::Node& item : value) { read_item(key, item); }
  }

  void read_item(const Key& key, const YAML::Node& item) {
    if (key.kind == Kind::listeners) {
      read_listener(key, item);
    } else if (!item.IsScalar()) {
      complain(item, "`" + std::string(key.name) + "` is a list of texts, found " + kind_of(item));
    } else {
      complain_if(item, append_text(key, configuration_, item.Scalar()));
    }
  }

  void read_listener(const Key& key, const YAML::Node& item) {
    Listener listener;
    bool is_good = false;
    if (item.IsScalar()) {
      is_good = read_part(item, listener.address, complaint_about_address);
    } else if (item.IsMap()) {
      is_good = read_listener_map(item, listener);
    } else {
      complain(item, "a listener is \"address:port\" or a map with `address` and `mode`, found " + kind_of(item) +
                         (item.IsSequence() ? " (an IPv6 address needs quotes: \"[::]:3128\")" : ""));
    }
    if (is_good) { append_listener(key, configuration_, listener); }
  }

  bool read_listener_map(const YAML::Node& map, Listener& listener) {
    const auto errors_before = diagnostics_.size();
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (!seen.insert(name).second) {
        complain(entry.first, "`" + name + "` is given twice");
      } else if (name == "address") {
        read_part(entry.second, listener.address, complaint_about_address);
      } else if (name == "mode") {
        read_part(entry.second, listener.mode, complaint_about_mode);
      } else {
        const auto meant = nearest(name, {"address", "mode"});
        complain(entry.first, "unknown key `" + name + "` of a listener" +
                                  (meant.empty() ? "" : "; did you mean `" + std::string(meant) + "`?"));
      }
    }
    if (!seen.contains("address")) { complain(map, "a listener needs an `address`"); }
    return diagnostics_.size() == errors_before;
  }

  bool read_part(const YAML::Node& node, std::string& part, std::optional<std::string> (*complaint)(std::string_view)) {
    if (!node.IsScalar()) {
      complain(node, "expected a text, found " + kind_of(node));
      return false;
    }
    part = node.Scalar();
    return !complain_if(node, complaint(part));
  }

  Place place_of(const YAML::Mark& mark) const {
    if (mark.is_null()) { return {file_name_, 0, 0, ""}; }
    const auto line = static_cast<std::size_t>(mark.line);
    return {file_name_, mark.line + 1, mark.column + 1, line < lines_.size() ? lines_[line] : ""};
  }

  void complain(const Place& place, std::string message) {
    diagnostics_.push_back(place.diagnostic(std::move(message)));
  }
  void complain(const YAML::Node& node, std::string message) { complain(place_of(node.Mark()), std::move(message)); }
  bool complain_if(const YAML::Node& node, std::optional<std::string> message) {
    if (message) { complain(node, std::move(*message)); }
    return message.has_value();
  }

  std::vector<std::string> lines_;
  const std::string& file_name_;
  Configuration& configuration_;
  Places& places_;
  std::vector<Diagnostic>& diagnostics_;
};

}  // namespace

void read_yaml(std::string_view text, const std::string& file_name, Configuration& configuration, Places& places,
               std::vector<Diagnostic>& diagnostics) {
  Reader(text, file_name, configuration, places, diagnostics).read(std::string(text));
}

}  // namespace sluice::config
