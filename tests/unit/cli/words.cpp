#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/sluice/app.hpp"
#include "tools/sluice/completion.hpp"
#include "tools/sluice/config_json.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/shell.hpp"
#include "tools/sluice/terminal.hpp"

namespace sluice::cli {
namespace {

using testing::HasSubstr;

TEST(HumanWords, NumbersAreReadable) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1'234'567), "1,234,567");
  EXPECT_EQ(human_size(512), "512 B");
  EXPECT_EQ(human_size(1536), "1.5 KiB");
  EXPECT_EQ(human_size(256ULL << 20), "256 MiB");
  EXPECT_EQ(human_size((1ULL << 20) - 1), "1.0 MiB");
  EXPECT_EQ(human_duration(0.31), "0.3 s");
  EXPECT_EQ(human_duration(59.6), "1 min");
  EXPECT_EQ(human_duration(185), "3 min 5 s");
  EXPECT_EQ(human_duration(7800), "2 h 10 min");
  EXPECT_EQ(human_duration(5 * 86'400 + 3 * 3600), "5 d 3 h");
  EXPECT_EQ(human_percent(0.4123), "41.2 %");
  EXPECT_EQ(human_milliseconds(0.42), "0.4 ms");
  EXPECT_EQ(human_milliseconds(12.6), "13 ms");
  EXPECT_EQ(human_time(0), "-");
  EXPECT_EQ(human_time(1'000'000'000), "2001-09-09 01:46:40 UTC");
  EXPECT_EQ(plural(1, "rule"), "1 rule");
  EXPECT_EQ(plural(2, "rule"), "2 rules");
}

TEST(ShellWords, AreQuotedWhenTheyMustBe) {
  EXPECT_EQ(shell_quoted("r-1a2b3c"), "r-1a2b3c");
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("a b"), "'a b'");
  EXPECT_EQ(shell_quoted("it's $HOME"), "'it'\\''s $HOME'");
}

TEST(TableText, ColumnsAreAlignedAndCutAtTheWidthOfATerminal) {
  Table table({"ID", "HITS", "RULE"});
  table.align_right(1);
  table.add({"r-1", "1,000", "deny host .a.example"});
  table.add({"r-22", "7", ""});
  EXPECT_EQ(table.text({}),
            "ID     HITS  RULE\n"
            "r-1   1,000  deny host .a.example\n"
            "r-22      7\n");
  EXPECT_EQ(table.text({.has_colour = false, .width = 14}),
            "ID     HITS  …\n"
            "r-1   1,000  …\n"
            "r-22      7\n");
}

TEST(TableText, OctetsThatMoveTheCursorAreNotPrinted) {
  EXPECT_EQ(printable("a\033[2Jb\r\n"), "a?[2Jb??");
}

TEST(Colour, IsOnlyUsedWhereThereIsSome) {
  EXPECT_EQ(Terminal{}.styled("x", Style::bad), "x");
  EXPECT_EQ((Terminal{.has_colour = true, .width = 80}.styled("x", Style::bad)), "\033[31mx\033[0m");
}

TEST(ExitCodes, AreTheDocumentedOnes) {
  using control::ErrorCode;
  EXPECT_EQ(exit_code_of(ErrorCode::bad_request), 2);
  EXPECT_EQ(exit_code_of(ErrorCode::not_found), 1);
  EXPECT_EQ(exit_code_of(ErrorCode::invalid_policy), 3);
  EXPECT_EQ(exit_code_of(ErrorCode::invalid_configuration), 3);
  EXPECT_EQ(exit_code_of(ErrorCode::unreachable), 4);
  EXPECT_EQ(exit_code_of(ErrorCode::not_permitted), 4);
  EXPECT_EQ(exit_code_of(ErrorCode::rolled_back), 5);
  EXPECT_EQ(exit_code_of(ErrorCode::failed), 6);
}

TEST(ConfigurationJson, HasTypedValues) {
  const auto json = config_json(config::Configuration{});
  EXPECT_EQ(json["cache"]["memory"], 256ULL << 20);
  EXPECT_EQ(json["cache"]["enabled"], true);
  EXPECT_EQ(json["timeouts"]["head"], 10);
  EXPECT_EQ(json["listeners"][0]["address"], "127.0.0.1:3128");
  EXPECT_EQ(json["admin"]["users"], control::Json::array());
}

TEST(BashCompletion, KnowsEveryNounVerbAndOption) {
  Context context;
  CLI::App app;
  build_app(app, context);
  const std::string script = bash_completion(app);
  EXPECT_THAT(script, HasSubstr("words='status config policy lists cache log pac drain completion'"));
  EXPECT_THAT(script, HasSubstr("'policy') words='list unused allow deny splice bypass redirect add remove test "
                                "test-all replay explain reload check fmt apply "
                                "confirm rollback history show diff edit'"));
  EXPECT_THAT(script, HasSubstr("--url-regex"));
  EXPECT_THAT(script, HasSubstr("|--message|"));
  EXPECT_THAT(script, testing::Not(HasSubstr("@WITH_VALUE@")));
}

}  // namespace
}  // namespace sluice::cli
