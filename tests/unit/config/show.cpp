#include "gateway/config/show.hpp"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/config/key.hpp"
#include "gateway/config/load.hpp"
#include "gateway/config/value.hpp"

namespace sluice::config {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Configuration loaded(const std::string& yaml) {
  const auto configuration = load(yaml, "test.yaml");
  EXPECT_TRUE(configuration) << text_of(configuration ? std::vector<Diagnostic>() : configuration.error()) << yaml;
  return configuration.value_or(Configuration{});
}

// A configuration in which every value differs from its default.
Configuration everything_changed() {
  Configuration c;
  c.listeners = {{"[::1]:0", "explicit"}, {"0.0.0.0:8080", "explicit"}};
  c.workers = 7;
  c.state_directory = "/a b/\"c\"\\d";
  c.user = "nobody";
  c.limits = {2048, 512, 50, 100, 200, 300, 12345};
  c.timeouts = {milliseconds(1500),      milliseconds(61'000),  milliseconds(90'000), 2048,
                milliseconds(7'200'000), milliseconds(120'000), milliseconds(999),    milliseconds(1000),
                milliseconds(50),        milliseconds(0),       milliseconds(1234),   milliseconds(86'400'000),
                milliseconds(1)};
  c.upstream = {"[2001:db8::1]:8080", {".a.example", "b.example"}, 0, {"::1", "127.0.0.1:5353"}, seconds(0),
                seconds(90)};
  c.forwarding = {"add", "leave", "delete", "gate-1", "cdn-1"};
  c.auth = {"/a b/users", "a \"realm\" \\", milliseconds(1), milliseconds(2), 3};
  c.cache = {false,         2048ULL << 20,     1000000, 0,
             4096,          milliseconds(250), 8192,    seconds(1),
             seconds(7200), milliseconds(10),  true,    {"A-Cache-Control"}};
  c.log = {"-", "squid"};
  c.admin = {"", "/run/x.sock", {"alice", "bob"}};
  c.policy = {"null", "refuse"};
  c.lists = {"/a b/authorities.pem"};
  return c;
}

TEST(ConfigurationShow, WhatIsShownLoadsAsTheSame) {
  const Configuration changed = everything_changed();
  EXPECT_EQ(changed_keys(changed, loaded(show(changed))), std::vector<std::string_view>());
  EXPECT_EQ(changed_keys(Configuration{}, loaded(show(Configuration{}))), std::vector<std::string_view>());
}

TEST(ConfigurationShow, EveryKeyCanBeChanged) {
  EXPECT_EQ(changed_keys(Configuration{}, everything_changed()).size(), keys().size());
}

TEST(ConfigurationShow, DefaultsLoadAsTheDefaults) {
  EXPECT_EQ(show(loaded(defaults_yaml())), show(Configuration{}));
  EXPECT_EQ(show(loaded(defaults_yaml(true))), show(Configuration{}));
}

TEST(ConfigurationShow, UncommentingEveryLineOfThePackagedFileGivesTheDefaults) {
  std::string yaml = defaults_yaml(true);
  std::string uncommented;
  for (std::size_t at = 0; at < yaml.size();) {
    const auto end = yaml.find('\n', at);
    std::string line = yaml.substr(at, end - at);
    const auto hash = line.find('#');
    if (hash != std::string::npos && hash + 1 < line.size() && line[hash + 1] != ' ') { line.erase(hash, 1); }
    if (hash != std::string::npos && line.compare(hash, 4, "#  -") == 0) { line.erase(hash, 1); }
    uncommented += line + "\n";
    at = end + 1;
  }
  EXPECT_EQ(show(loaded(uncommented)), show(Configuration{}));
}

TEST(ConfigurationShow, EveryKeyHasAMeaningAndIsInTheDocumentation) {
  const std::string page = keys_markdown();
  const std::string yaml = defaults_yaml();
  for (const Key& key : keys()) {
    EXPECT_FALSE(key.meaning.empty()) << key.name;
    EXPECT_TRUE(key.meaning.ends_with('.')) << key.name;
    EXPECT_FALSE(allowed_values(key).empty()) << key.name;
    EXPECT_THAT(page, testing::HasSubstr("| `" + std::string(key.name) + "` |"));
    EXPECT_THAT(yaml, testing::HasSubstr(std::string(key.leaf()) + ":"));
    EXPECT_EQ(find_key(key.name), &key);
  }
}

TEST(ConfigurationShow, DefaultsKeepTheirOwnBounds) {
  Configuration configuration;
  for (const Key& key : keys()) {
    if (key.is_list()) { continue; }
    const auto complaint = assign(key, configuration, value_text(key, Configuration{}));
    EXPECT_FALSE(complaint) << *complaint;
  }
}

// When this fails: build/release/bin/sluice config keys > docs/configuration.md
TEST(ConfigurationShow, DocumentationPageIsCurrent) {
  EXPECT_EQ(file_text("docs/configuration.md"), keys_markdown());
}

// When this fails: build/release/bin/sluice config show --packaged > packaging/sluice.yaml
TEST(ConfigurationShow, PackagedFileIsCurrent) {
  EXPECT_EQ(file_text("packaging/sluice.yaml"), defaults_yaml(true));
}

}  // namespace
}  // namespace sluice::config
