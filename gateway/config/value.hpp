#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/configuration.hpp"
#include "gateway/config/key.hpp"

namespace sluice::config {

// Sets the value of a key that is not a list. Returns what is wrong with `text`, as a whole sentence; then nothing was
// set.
std::optional<std::string> assign(const Key& key, Configuration& configuration, std::string_view text);

// Lists are emptied, then grow item by item.
void clear_list(const Key& key, Configuration& configuration);
std::optional<std::string> append_text(const Key& key, Configuration& configuration, std::string_view text);
void append_listener(const Key& key, Configuration& configuration, const Listener& listener);

// What is wrong with a listener's address or mode, as a whole sentence.
std::optional<std::string> complaint_about_address(std::string_view address);
std::optional<std::string> complaint_about_mode(std::string_view mode);

// The value as the configuration spells it. REQUIRES: not a list.
std::string value_text(const Key& key, const Configuration& configuration);

// The items of a list of texts, or of listeners.
std::vector<std::string> list_texts(const Key& key, const Configuration& configuration);
const std::vector<Listener>& list_listeners(const Key& key, const Configuration& configuration);

// The value as one string whatever its kind, for comparison and display: "[a, b]" for lists.
std::string display_text(const Key& key, const Configuration& configuration);

// Names of the keys whose values differ.
std::vector<std::string_view> changed_keys(const Configuration& before, const Configuration& after);

// What values are allowed, in words: "1KiB to 16MiB", "add, delete or leave".
std::string allowed_values(const Key& key);

}  // namespace sluice::config
