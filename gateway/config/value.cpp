#include "gateway/config/value.hpp"

#include <algorithm>

#include "gateway/config/endpoint.hpp"
#include "gateway/config/nearest.hpp"
#include "gateway/config/quantity.hpp"

namespace sluice::config {
namespace {

using Complaint = std::optional<std::string>;

std::string quoted(std::string_view text) {
  return "`" + std::string(text) + "`";
}

std::string number_text(const Key& key, std::uint64_t value) {
  switch (key.kind) {
    case Kind::size:
      return format_size(value);
    case Kind::duration:
      return format_duration(milliseconds(static_cast<std::int64_t>(value)));
    default:
      return std::to_string(value);
  }
}

bool has_upper_bound(const Key& key) {
  return key.most != std::numeric_limits<std::uint64_t>::max();
}

std::string list_of(std::span<const std::string_view> choices) {
  std::string out;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) { out += i + 1 == choices.size() ? " or " : ", "; }
    out += choices[i];
  }
  return out;
}

Complaint complaint_about_choice(std::string_view text, std::span<const std::string_view> choices) {
  if (std::ranges::find(choices, text) != choices.end()) { return std::nullopt; }
  std::string message = quoted(text) + " is not " + list_of(choices);
  const auto meant = nearest(text, {choices.begin(), choices.end()});
  if (!meant.empty()) { message += "; did you mean " + quoted(meant) + "?"; }
  return message;
}

// Octets that would end a line of a log or of the reply to `sluice` have no business in a value.
bool has_control_octet(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Complaint complaint_about_text(const Key& key, std::string_view text) {
  if (has_control_octet(text)) { return "the value has a control character in it"; }
  if (key.complaint == nullptr) { return std::nullopt; }
  const auto complaint = key.complaint(text);
  return complaint ? Complaint(quoted(text) + " " + *complaint) : std::nullopt;
}

Complaint complaint_about_bounds(const Key& key, std::uint64_t value, std::string_view text) {
  if (value >= key.least && value <= key.most) { return std::nullopt; }
  return quoted(text) + " is out of range for `" + std::string(key.name) + "`: " + allowed_values(key);
}

std::string expected_spelling(const Key& key) {
  switch (key.kind) {
    case Kind::size:
      return "is not a size; write 65536, 64KiB, 16MiB or 1GiB";
    case Kind::duration:
      return "is not a duration; write 500ms, 10s, 5m, 1h or 7d";
    default:
      return "is not a whole number";
  }
}

std::optional<std::uint64_t> parse_number(const Key& key, std::string_view text) {
  switch (key.kind) {
    case Kind::size:
      return parse_size(text);
    case Kind::duration: {
      const auto duration = parse_duration(text);
      if (!duration) { return std::nullopt; }
      return static_cast<std::uint64_t>(duration->count());
    }
    default:
      return parse_count(text);
  }
}

Complaint assign_boolean(bool& slot, std::string_view text) {
  if (text != "true" && text != "false") { return quoted(text) + " is not true or false"; }
  slot = text == "true";
  return std::nullopt;
}

Complaint assign_number(const Key& key, const Slot& slot, std::string_view text) {
  const auto value = parse_number(key, text);
  if (!value) { return quoted(text) + " " + expected_spelling(key); }
  if (auto complaint = complaint_about_bounds(key, *value, text)) { return complaint; }
  if (auto* const* const number = std::get_if<std::uint64_t*>(&slot)) { **number = *value; }
  if (auto* const* const time = std::get_if<milliseconds*>(&slot)) {
    **time = milliseconds(static_cast<std::int64_t>(*value));
  }
  if (auto* const* const time = std::get_if<seconds*>(&slot)) {
    if (*value % 1000 != 0) { return quoted(text) + " is not a whole number of seconds"; }
    **time = seconds(static_cast<std::int64_t>(*value / 1000));
  }
  return std::nullopt;
}

// Slots are only read through this one.
Slot slot_of(const Key& key, const Configuration& configuration) {
  return key.slot(const_cast<Configuration&>(configuration));
}

std::string text_of_number(const Key& key, const Slot& slot) {
  if (const auto* const* const number = std::get_if<std::uint64_t*>(&slot)) { return number_text(key, **number); }
  if (const auto* const* const time = std::get_if<milliseconds*>(&slot)) { return format_duration(**time); }
  return format_duration(*std::get<seconds*>(slot));
}

}  // namespace

std::optional<std::string> assign(const Key& key, Configuration& configuration, std::string_view text) {
  const Slot slot = key.slot(configuration);
  switch (key.kind) {
    case Kind::boolean:
      return assign_boolean(*std::get<bool*>(slot), text);
    case Kind::count:
    case Kind::size:
    case Kind::duration:
      return assign_number(key, slot, text);
    case Kind::choice:
      if (auto complaint = complaint_about_choice(text, key.choices)) { return complaint; }
      break;
    case Kind::text:
      if (auto complaint = complaint_about_text(key, text)) { return complaint; }
      break;
    case Kind::texts:
    case Kind::listeners:
      return "`" + std::string(key.name) + "` is a list";
  }
  *std::get<std::string*>(slot) = text;
  return std::nullopt;
}

void clear_list(const Key& key, Configuration& configuration) {
  const Slot slot = key.slot(configuration);
  if (auto* const* const texts = std::get_if<std::vector<std::string>*>(&slot)) { (*texts)->clear(); }
  if (auto* const* const listeners = std::get_if<std::vector<Listener>*>(&slot)) { (*listeners)->clear(); }
}

std::optional<std::string> append_text(const Key& key, Configuration& configuration, std::string_view text) {
  if (auto complaint = complaint_about_text(key, text)) { return complaint; }
  std::get<std::vector<std::string>*>(key.slot(configuration))->emplace_back(text);
  return std::nullopt;
}

void append_listener(const Key& key, Configuration& configuration, const Listener& listener) {
  std::get<std::vector<Listener>*>(key.slot(configuration))->push_back(listener);
}

std::optional<std::string> complaint_about_address(std::string_view address) {
  const auto endpoint = parse_endpoint(address, HostForm::address);
  return endpoint ? std::nullopt : Complaint(quoted(address) + " " + endpoint.error());
}

std::optional<std::string> complaint_about_mode(std::string_view mode) {
  return complaint_about_choice(mode, listener_modes());
}

std::string value_text(const Key& key, const Configuration& configuration) {
  const Slot slot = slot_of(key, configuration);
  if (const auto* const* const flag = std::get_if<bool*>(&slot)) { return **flag ? "true" : "false"; }
  if (const auto* const* const text = std::get_if<std::string*>(&slot)) { return **text; }
  return text_of_number(key, slot);
}

std::vector<std::string> list_texts(const Key& key, const Configuration& configuration) {
  const Slot slot = slot_of(key, configuration);
  if (const auto* const* const texts = std::get_if<std::vector<std::string>*>(&slot)) { return **texts; }
  std::vector<std::string> out;
  for (const Listener& listener : list_listeners(key, configuration)) {
    out.push_back(listener.mode == Listener{}.mode ? listener.address : listener.address + " " + listener.mode);
  }
  return out;
}

const std::vector<Listener>& list_listeners(const Key& key, const Configuration& configuration) {
  return *std::get<std::vector<Listener>*>(slot_of(key, configuration));
}

std::string display_text(const Key& key, const Configuration& configuration) {
  if (!key.is_list()) { return value_text(key, configuration); }
  std::string out;
  for (const std::string& item : list_texts(key, configuration)) { out += (out.empty() ? "" : ", ") + item; }
  return "[" + out + "]";
}

std::vector<std::string_view> changed_keys(const Configuration& before, const Configuration& after) {
  std::vector<std::string_view> changed;
  for (const Key& key : keys()) {
    if (display_text(key, before) != display_text(key, after)) { changed.push_back(key.name); }
  }
  return changed;
}

std::string allowed_values(const Key& key) {
  switch (key.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::choice:
      return list_of(key.choices);
    case Kind::text:
      return std::string(key.form);
    case Kind::texts:
      return "list: " + std::string(key.form);
    case Kind::listeners:
      return "list: " + std::string(key.form);
    case Kind::count:
    case Kind::size:
    case Kind::duration:
      break;
  }
  if (!has_upper_bound(key)) { return "at least " + number_text(key, key.least); }
  return number_text(key, key.least) + " to " + number_text(key, key.most);
}

}  // namespace sluice::config
