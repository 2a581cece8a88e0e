#include "gateway/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/config/show.hpp"

namespace sluice::config {
namespace {

using testing::HasSubstr;

Configuration good(std::string_view yaml, const std::vector<std::string>& overrides = {}) {
  const auto configuration = load(yaml, "test.yaml", overrides);
  EXPECT_TRUE(configuration) << text_of(configuration ? std::vector<Diagnostic>() : configuration.error());
  return configuration.value_or(Configuration{});
}

std::vector<Diagnostic> bad(std::string_view yaml, const std::vector<std::string>& overrides = {}) {
  auto configuration = load(yaml, "test.yaml", overrides);
  EXPECT_FALSE(configuration) << yaml;
  return configuration ? std::vector<Diagnostic>() : configuration.error();
}

TEST(ConfigurationLoad, NothingAtAllGivesTheDefaults) {
  for (const char* const yaml : {"", "\n", "# only a comment\n", "---\n", "cache:\n  # memory: 1GiB\nlog:\n"}) {
    EXPECT_EQ(show(good(yaml)), show(Configuration{})) << yaml;
  }
}

TEST(ConfigurationLoad, EveryKindOfValueIsRead) {
  const auto configuration = good(R"(
listeners:
  - 127.0.0.1:0
  - {address: "[::1]:8080", mode: explicit}
workers: 3
state_directory: /tmp/state
limits: {head: 32KiB, fields: 100}
timeouts:
  head: 500ms
  drain: 0
upstream:
  parent: proxy.example:8080
  parent_bypass: [.intranet.example, 10.0.0.1]
  dns_servers: ["10.0.0.1:5353", "::1"]
  dns_negative_ttl: 1m
forwarding: {forwarded: add}
cache: {enabled: false, memory: 67108864}
log: {file: "-"}
admin: {metrics: "", users: [alice]}
)");
  ASSERT_EQ(configuration.listeners.size(), 2U);
  EXPECT_EQ(configuration.listeners[0].address, "127.0.0.1:0");
  EXPECT_EQ(configuration.listeners[1].address, "[::1]:8080");
  EXPECT_EQ(configuration.workers, 3U);
  EXPECT_EQ(configuration.state_directory, "/tmp/state");
  EXPECT_EQ(configuration.limits.head, 32U * 1024);
  EXPECT_EQ(configuration.limits.fields, 100U);
  EXPECT_EQ(configuration.timeouts.head, milliseconds(500));
  EXPECT_EQ(configuration.timeouts.drain, milliseconds(0));
  EXPECT_EQ(configuration.upstream.parent, "proxy.example:8080");
  EXPECT_EQ(configuration.upstream.parent_bypass.size(), 2U);
  EXPECT_EQ(configuration.upstream.dns_servers.size(), 2U);
  EXPECT_EQ(configuration.upstream.dns_negative_ttl, seconds(60));
  EXPECT_EQ(configuration.forwarding.forwarded, "add");
  EXPECT_FALSE(configuration.cache.enabled);
  EXPECT_EQ(configuration.cache.memory, 64ULL << 20);
  EXPECT_EQ(configuration.log.file, "-");
  EXPECT_EQ(configuration.admin.metrics, "");
  EXPECT_EQ(configuration.admin.users, std::vector<std::string>{"alice"});
}

TEST(ConfigurationLoad, OneItemMayStandWithoutAListAroundIt) {
  EXPECT_EQ(good("listeners: 127.0.0.1:9\n").listeners.at(0).address, "127.0.0.1:9");
  EXPECT_EQ(good("admin: {users: bob}\n").admin.users, std::vector<std::string>{"bob"});
}

TEST(ConfigurationLoad, OverridesComeAfterTheFileAndTheLastWins) {
  const auto configuration = good("cache: {memory: 1GiB}\nlisteners: [127.0.0.1:1, 127.0.0.1:2]\n",
                                  {"cache.memory=64MiB", "listeners=127.0.0.1:0,[::1]:0", "cache.memory=32MiB",
                                   "upstream.dns_servers=127.0.0.1:5353", "upstream.parent="});
  EXPECT_EQ(configuration.cache.memory, 32ULL << 20);
  ASSERT_EQ(configuration.listeners.size(), 2U);
  EXPECT_EQ(configuration.listeners[0].address, "127.0.0.1:0");
  EXPECT_EQ(configuration.listeners[1].address, "[::1]:0");
}

TEST(ConfigurationLoad, ALimitThatWasNotWrittenGivesWayToASmallerBudget) {
  EXPECT_EQ(good("cache: {memory: 8MiB}\n").cache.memory_largest, 8ULL << 20);
  EXPECT_EQ(good("", {"cache.disk=100MiB"}).cache.disk_largest, 100ULL << 20);
  EXPECT_EQ(good("limits: {head: 8KiB}\n").limits.request_line, 8ULL << 10);
}

struct Mistake {
  const char* name;
  const char* yaml;
  int line;
  int column;
  const char* message;  // a part of it
};

class ConfigurationMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigurationMistake, IsSaidWithItsPlace) {
  const Mistake& mistake = GetParam();
  const auto diagnostics = bad(mistake.yaml);
  ASSERT_EQ(diagnostics.size(), 1U) << text_of(diagnostics);
  EXPECT_EQ(diagnostics[0].file, "test.yaml");
  EXPECT_EQ(diagnostics[0].line, mistake.line) << diagnostics[0].text();
  EXPECT_EQ(diagnostics[0].column, mistake.column) << diagnostics[0].text();
  EXPECT_THAT(diagnostics[0].message, HasSubstr(mistake.message));
}

const Mistake kMistakes[] = {
    {"UnknownSection", "cashe: {memory: 1GiB}\n", 1, 1, "did you mean `cache`?"},
    {"UnknownKey", "cache:\n  memmory: 1GiB\n", 2, 3, "did you mean `cache.memory`?"},
    {"SwappedLetters", "cache:\n  meomry: 1GiB\n", 2, 3, "did you mean `cache.memory`?"},
    {"KeyOfAnotherSection", "first_byte: 3s\n", 1, 1, "did you mean `timeouts.first_byte`?"},
    {"LeafLikeNothing", "log:\n  zzzzzzzz: 3\n", 2, 3, "unknown key `log.zzzzzzzz`; `log` has `"},
    {"KeyLikeNothing", "zzzzzzzz: 3\n", 1, 1, "unknown key `zzzzzzzz`"},
    {"DuplicateKey", "workers: 1\nworkers: 2\n", 2, 1, "`workers` is given twice"},
    {"DuplicateSection", "log: {}\ncache: {}\nlog: {}\n", 3, 1, "`log` is given twice"},
    {"DuplicateInSection", "log: {format: json, format: squid}\n", 1, 21, "`log.format` is given twice"},
    {"SectionWithAValue", "cache: 1GiB\n", 1, 8, "`cache` is a section"},
    {"ValueWithKeys", "workers: {a: 1}\n", 1, 10, "takes one value"},
    {"ValueWithAList", "workers: [1]\n", 1, 10, "takes one value"},
    {"NoValue", "workers:\n", 1, 1, "`workers` has no value"},
    {"NotANumber", "workers: many\n", 1, 10, "is not a whole number"},
    {"NegativeNumber", "workers: -1\n", 1, 10, "is not a whole number"},
    {"Fraction", "workers: 1.5\n", 1, 10, "is not a whole number"},
    {"TooMany", "workers: 100000\n", 1, 10, "0 to 1024"},
    {"SizeWithoutSense", "cache: {memory: 1gb}\n", 1, 17, "is not a size"},
    {"SizeTooLarge", "cache: {memory: 99999999999999999999GiB}\n", 1, 17, "is not a size"},
    {"SizeTooSmall", "cache: {memory: 1KiB}\n", 1, 17, "out of range"},
    {"DurationWithoutUnit", "timeouts: {head: 10}\n", 1, 18, "is not a duration"},
    {"DurationTooLong", "timeouts: {head: 2h}\n", 1, 18, "10ms to 1h"},
    {"FractionOfASecond", "upstream: {dns_negative_ttl: 500ms}\n", 1, 30, "whole number of seconds"},
    {"NotABoolean", "cache: {enabled: maybe}\n", 1, 18, "is not true or false"},
    {"NotAChoice", "log: {format: jsn}\n", 1, 15, "did you mean `json`?"},
    {"AddressWithoutPort", "listeners: [127.0.0.1]\n", 1, 13, "has no port"},
    {"AddressOfAName", "listeners: [localhost:80]\n", 1, 13, "does not start with an IP address"},
    {"AddressOutOfRange", "listeners: [127.0.0.256:80]\n", 1, 13, "does not start with an IP address"},
    {"PortOutOfRange", "listeners: [127.0.0.1:65536]\n", 1, 13, "from 0 to 65535"},
    {"BareIpv6", "listeners: [\"::1:80\"]\n", 1, 13, "needs brackets"},
    {"UnquotedIpv6", "listeners:\n  - [::1]\n", 2, 5, "needs quotes"},
    {"UnknownMode", "listeners: [{address: 127.0.0.1:1, mode: explict}]\n", 1, 42, "did you mean `explicit`?"},
    {"ListenerWithoutAddress", "listeners: [{mode: explicit}]\n", 1, 13, "needs an `address`"},
    {"ListenerWithUnknownKey", "listeners: [{adress: 127.0.0.1:1, address: 127.0.0.1:1}]\n", 1, 14,
     "did you mean `address`?"},
    {"ListenerTwice", "listeners: [127.0.0.1:80, 127.0.0.1:80]\n", 1, 12, "twice"},
    {"MetricsOnAListener", "admin: {metrics: \"127.0.0.1:3128\"}\n", 1, 18, "address of a listener"},
    {"NoListeners", "listeners: []\n", 1, 12, "nobody could connect"},
    {"ParentWithoutPort", "upstream: {parent: proxy.example}\n", 1, 20, "has no port"},
    {"ParentWithPortZero", "upstream: {parent: \"proxy.example:0\"}\n", 1, 20, "port 0"},
    {"CacheControlAsTarget", "cache: {targets: [Cache-Control]}\n", 1, 19, "is no targeted field"},
    {"TargetThatIsNoName", "cache: {targets: [\"a b\"]}\n", 1, 19, "is not a token"},
    {"BypassWithoutParent", "upstream: {parent_bypass: [a.example]}\n", 1, 27, "no meaning without"},
    {"NameServerByName", "upstream: {dns_servers: [dns.example]}\n", 1, 26, "is not an address"},
    {"ViaIsNoToken", "forwarding: {via_name: \"a b\"}\n", 1, 24, "is not a token"},
    {"ControlOctet", "log: {file: \"/tmp/a\\nb\"}\n", 1, 13, "control character"},
    {"LargestMoreThanBudget", "cache: {memory: 8MiB, memory_largest: 16MiB}\n", 1, 39, "is more than `cache.memory`"},
    {"NotAMap", "- a\n- b\n", 1, 1, "expected keys"},
    {"KeyIsAList", "[a]: 1\n", 1, 1, "a key must be a word"},
    {"NotYaml", "cache: {memory: 1GiB\n", 2, 1, "not YAML"},
    {"TabIndent", "cache:\n\tmemory: 1GiB\n", 2, 8, "indent with spaces"},
    {"SecondDocument", "workers: 1\n---\nworkers: 2\n", 3, 1, "second document"},
};
INSTANTIATE_TEST_SUITE_P(Table, ConfigurationMistake, testing::ValuesIn(kMistakes),
                         [](const auto& mistake) { return mistake.param.name; });

TEST(ConfigurationLoad, AllMistakesAreSaidAtOnceInTheOrderOfTheText) {
  const auto diagnostics = bad("cache:\n  memmory: 1GiB\n  disk: lots\nlog: {format: jsn}\nbogus_key: 1\n",
                               {"workers=x", "nonsense", "cache.disc=1GiB"});
  ASSERT_EQ(diagnostics.size(), 7U) << text_of(diagnostics);
  const int lines[] = {2, 3, 4, 5, 1, 2, 3};
  for (std::size_t i = 0; i < diagnostics.size(); ++i) { EXPECT_EQ(diagnostics[i].line, lines[i]); }
  EXPECT_EQ(diagnostics[4].file, "--set");
  EXPECT_THAT(diagnostics[5].message, HasSubstr("key=value"));
  EXPECT_THAT(diagnostics[6].message, HasSubstr("`cache.disk`"));
}

TEST(ConfigurationLoad, ADiagnosticShowsTheLineAndPointsAtTheValue) {
  const auto diagnostics = bad("cache:\n\tx: 1\n");
  ASSERT_EQ(diagnostics.size(), 1U);
  const auto typo = bad("cache:\n  disk: lots\n");
  ASSERT_EQ(typo.size(), 1U);
  EXPECT_EQ(typo[0].text(),
            "test.yaml:2:9: error: `lots` is not a size; write 65536, 64KiB, 16MiB or 1GiB\n"
            "      disk: lots\n"
            "            ^");
}

TEST(ConfigurationLoad, AFileThatIsNotThereIsAnError) {
  const auto configuration = load_file("/nonexistent/sluice.yaml");
  ASSERT_FALSE(configuration);
  ASSERT_EQ(configuration.error().size(), 1U);
  EXPECT_THAT(configuration.error()[0].text(), HasSubstr("/nonexistent/sluice.yaml: error: cannot be read"));
}

TEST(ConfigurationLoad, ADirectoryIsNotAFile) {
  const auto configuration = load_file("/");
  ASSERT_FALSE(configuration);
}

TEST(ConfigurationLoad, NoPathMeansDefaultsAndOverrides) {
  const auto configuration = load_file("", {"workers=2"});
  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->workers, 2U);
}

}  // namespace
}  // namespace sluice::config
