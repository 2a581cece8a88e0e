#include "gateway/control/lists/list_source.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "gateway/base/file.hpp"
#include "policy/lists/hash.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
using policy::ListFormat;

constexpr int kDeepestFolder = 4;
constexpr std::string_view kCopyBegins = "sluice list copy 1\n";

struct TreeFile {
  std::string_view name;
  ListFormat format;
};
constexpr std::array<TreeFile, 3> kTreeFiles{{{"domains", ListFormat::squidguard_domains},
                                              {"urls", ListFormat::squidguard_urls},
                                              {"expressions", ListFormat::squidguard_expressions}}};
constexpr std::array<std::string_view, 10> kFormatWords{
    "domains", "hosts",   "squidguard_domains", "squidguard_urls", "squidguard_expressions", "dnsmasq", "unbound",
    "rpz",     "adblock", "addresses"};

// A file of a list, and what it is.
struct Place {
  ListFormat format;
  std::string category;
  std::string file;
  fs::path path;
};

void add_files_of(const fs::path& folder, const std::string& category, std::vector<Place>& places) {
  for (const TreeFile& file : kTreeFiles) {
    const fs::path path = folder / file.name;
    std::error_code failed;
    if (!fs::is_regular_file(path, failed)) { continue; }
    places.push_back({file.format, category, category + "/" + std::string(file.name), path});
  }
}

// Folders below the tree are categories; those below them are called "above.below". Links are followed.
void add_folders_of(const fs::path& folder, const std::string& above, int depth, std::vector<Place>& places) {
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    std::error_code unknown;
    const std::string name = entry->path().filename().string();
    if (!entry->is_directory(unknown) || !policy::is_list_name(name)) { continue; }
    const std::string category = above.empty() ? name : above + "." + name;
    add_files_of(entry->path(), category, places);
    if (depth < kDeepestFolder) { add_folders_of(entry->path(), category, depth + 1, places); }
  }
}

std::vector<Place> places_of(const policy::ListDeclaration& list) {
  if (!list.is_tree()) { return {{list.format, list.category, "", list.path}}; }
  std::vector<Place> places;
  add_folders_of(list.path, "", 1, places);
  std::ranges::sort(places, {}, &Place::file);
  return places;
}

std::uint64_t mix(std::uint64_t hash, std::string_view octets) {
  return (hash ^ policy::hash_of(octets)) * 0x9E3779B97F4A7C15ULL;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// "FORMAT CATEGORY FILE SIZE", and SIZE octets behind the line.
std::optional<ListSource::Part> take_part(std::string_view& text) {
  std::array<std::string_view, 4> words;
  std::string_view line = take_line(text);
  for (std::string_view& word : words) {
    const std::size_t end = std::min(line.find(' '), line.size());
    word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  const auto format = std::ranges::find(kFormatWords, words[0]);
  std::size_t size = 0;
  const auto read = std::from_chars(words[3].data(), words[3].data() + words[3].size(), size);
  const bool is_good = format != kFormatWords.end() && read.ec == std::errc{} && size <= text.size();
  if (!is_good) { return std::nullopt; }
  ListSource::Part part{static_cast<ListFormat>(format - kFormatWords.begin()), std::string(words[1]),
                        words[2] == "-" ? "" : std::string(words[2]), std::string(text.substr(0, size))};
  text.remove_prefix(size);
  return part;
}

}  // namespace

std::uint64_t ListSource::hash() const {
  std::uint64_t hash = 0;
  for (const Part& part : parts) {
    hash = mix(hash, part.category + " " + part.file + " " + std::string(to_string(part.format)));
    hash = mix(hash, part.text);
  }
  return hash;
}

std::expected<ListSource, std::string> read_list_source(const policy::ListDeclaration& list) {
  const auto places = places_of(list);
  if (places.empty()) {
    return std::unexpected(list.path + ": there is no category: no folder with `domains` or `urls`");
  }
  ListSource source;
  for (const Place& place : places) {
    auto text = read_file(place.path.string());
    if (!text) { return std::unexpected(place.path.string() + ": " + text.error().message()); }
    source.parts.push_back({place.format, place.category, place.file, std::move(*text)});
  }
  return source;
}

std::uint64_t signature_of(const policy::ListDeclaration& list) {
  std::uint64_t hash = 0;
  for (const Place& place : places_of(list)) {
    std::error_code failed;
    const auto size = fs::file_size(place.path, failed);
    const auto time = fs::last_write_time(place.path, failed).time_since_epoch().count();
    hash = mix(hash, place.file + " " + (failed ? "none" : std::to_string(size) + " " + std::to_string(time)));
  }
  return hash;
}

std::string kept_copy(const ListSource& source) {
  std::string text(kCopyBegins);
  for (const ListSource::Part& part : source.parts) {
    text += std::string(kFormatWords[static_cast<std::size_t>(part.format)]) + " " + part.category + " " +
            (part.file.empty() ? "-" : part.file) + " " + std::to_string(part.text.size()) + "\n" + part.text;
  }
  return text;
}

std::optional<ListSource> read_kept_copy(std::string_view text) {
  if (!text.starts_with(kCopyBegins)) { return std::nullopt; }
  text.remove_prefix(kCopyBegins.size());
  ListSource source;
  while (!text.empty()) {
    auto part = take_part(text);
    if (!part) { return std::nullopt; }
    source.parts.push_back(std::move(*part));
  }
  return source;
}

}  // namespace sluice::control
