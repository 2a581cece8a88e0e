#include "gateway/control/log_tail.hpp"
#include "tests/unit/control_server/running_daemon.hpp"

namespace sluice::control::test {
namespace {

using Strings = std::vector<std::string>;

void write(const std::string& file, std::string_view text) {
  RunningDaemon::write_file(file, text);
}
void append(const std::string& file, std::string_view text) {
  RunningDaemon::write_file(file, text, true);
}

Strings numbered(int from, int to, std::size_t length = 0) {
  Strings lines;
  for (int i = from; i < to; ++i) { lines.push_back(std::to_string(i) + std::string(length, '.')); }
  return lines;
}

std::string joined(const Strings& lines) {
  std::string text;
  for (const auto& line : lines) { text += line + "\n"; }
  return text;
}

TEST(LogTail, GivesTheLastWholeLines) {
  struct Case {
    const char* name;
    std::string text;
    std::uint64_t lines;
    Strings expected;
  };
  const Case cases[] = {
      {"an empty file", "", 3, {}},
      {"fewer than asked for", "a\nb\n", 3, {"a", "b"}},
      {"just as many", "a\nb\nc\n", 3, {"a", "b", "c"}},
      {"more", "a\nb\nc\nd\n", 3, {"b", "c", "d"}},
      {"none", "a\nb\n", 0, {}},
      {"empty lines", "\n\na\n\n", 3, {"", "a", ""}},
      {"only empty lines", "\n\n", 5, {"", ""}},
      {"a line that is being written", "a\nb\nhal", 1, {"b"}},
      {"nothing but a line that is being written", "hal", 1, {}},
      {"more than one step back", joined(numbered(0, 3000, 100)), 2000, numbered(1000, 3000, 100)},
      {"everything of more than one step", joined(numbered(0, 3000, 100)), 9999, numbered(0, 3000, 100)},
      {"a line longer than a step", std::string(200'000, 'x') + "\nb\n", 2, {std::string(200'000, 'x'), "b"}},
  };
  const Directory directory;
  for (const auto& [name, text, lines, expected] : cases) {
    write(directory.in("log"), text);
    LogTail tail(directory.in("log"));
    ASSERT_TRUE(tail.open()) << name;
    EXPECT_EQ(tail.last(lines).value_or(Strings{"failed"}), expected) << name;
  }
}

TEST(LogTail, LooksBackNoFartherThanItsLimit) {
  const Directory directory;
  const auto line = std::string(1023, 'x') + "\n";
  std::string text;
  for (int i = 0; i < 20 * 1024; ++i) { text += line; }
  write(directory.in("log"), text);
  LogTail tail(directory.in("log"));
  ASSERT_TRUE(tail.open());
  const auto lines = tail.last(LogTail::kMostLines);
  ASSERT_TRUE(lines);
  EXPECT_GT(lines->size(), 15'000U);
  EXPECT_LT(lines->size() * line.size(), 3 * LogTail::kFarthestBack);
  for (const auto& one : *lines) { ASSERT_EQ(one.size(), 1023U); }
}

TEST(LogTail, GoesOnBehindTheLastLine) {
  const Directory directory;
  const auto file = directory.in("log");
  write(file, "a\nb\nhal");
  LogTail tail(file);
  ASSERT_TRUE(tail.open());
  ASSERT_EQ(tail.last(1).value_or(Strings{}), Strings{"b"});
  EXPECT_EQ(tail.next().value_or(Strings{"failed"}), Strings{});
  append(file, "f\nc\nd");
  EXPECT_EQ(tail.next().value_or(Strings{"failed"}), (Strings{"half", "c"}));
  append(file, "\n");
  EXPECT_EQ(tail.next().value_or(Strings{"failed"}), Strings{"d"});
  EXPECT_EQ(tail.next().value_or(Strings{"failed"}), Strings{});
}

TEST(LogTail, ReadsAFileThatWasMovedAwayToItsEndAndGoesOnInTheNewOne) {
  const Directory directory;
  const auto file = directory.in("log");
  write(file, "a\n");
  LogTail tail(file);
  ASSERT_TRUE(tail.open());
  ASSERT_TRUE(tail.last(1));
  std::filesystem::rename(file, directory.in("log.1"));
  EXPECT_EQ(tail.next().value_or(Strings{"failed"}), Strings{}) << "there is no new one yet";
  append(directory.in("log.1"), "b\n");
  write(file, "c\n");
  EXPECT_EQ(tail.next().value_or(Strings{"failed"}), Strings{"b"});
  EXPECT_EQ(tail.next().value_or(Strings{"failed"}), Strings{});
  EXPECT_EQ(tail.next().value_or(Strings{"failed"}), Strings{"c"});
}

TEST(LogTail, BeginsAgainInAFileThatWasEmptiedInPlace) {
  const Directory directory;
  const auto file = directory.in("log");
  write(file, "a\nb\n");
  LogTail tail(file);
  ASSERT_TRUE(tail.open());
  ASSERT_TRUE(tail.last(1));
  write(file, "c\n");
  EXPECT_EQ(tail.next().value_or(Strings{"failed"}), Strings{"c"});
}

TEST(LogTail, SaysThatThereIsNoFile) {
  const Directory directory;
  LogTail tail(directory.in("nothing"));
  const auto opened = tail.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), std::errc::no_such_file_or_directory);
}

TEST(LogCommands, TailGivesTheLastLinesAndEndsTheConnection) {
  RunningDaemon daemon;
  append(daemon.in("access.log"), joined(numbered(0, 30)));
  Client client(daemon.socket());
  client.send(encode(Request{"log.tail", {{"lines", 2}}}));
  EXPECT_EQ(result_of<LogLine>(client.next().value_or(Json()))->line, "28");
  EXPECT_EQ(result_of<LogLine>(client.next().value_or(Json()))->line, "29");
  EXPECT_FALSE(client.read_line());
}

TEST(LogCommands, TailHasTheLinesThatWorkersStillHeld) {
  RunningDaemon daemon;
  daemon.hold_log_lines("held\n");
  Client client(daemon.socket());
  client.send(encode(Request{"log.tail", {{"lines", 1}}}));
  EXPECT_EQ(result_of<LogLine>(client.next().value_or(Json()))->line, "held");
}

TEST(LogCommands, TailFollowsAcrossARotation) {
  RunningDaemon daemon;
  const auto file = daemon.in("access.log");
  append(file, "a\n");
  Client client(daemon.socket());
  client.send(encode(Request{"log.tail", {{"lines", 5}, {"follow", true}}}));
  EXPECT_EQ(result_of<LogLine>(client.next().value_or(Json()))->line, "a");
  append(file, "b\n");
  EXPECT_EQ(result_of<LogLine>(client.next().value_or(Json()))->line, "b");
  std::filesystem::rename(file, file + ".1");
  const auto reopened = Client(daemon.socket()).ask_for<LogReopen>(command::kLogReopen);
  ASSERT_TRUE(reopened);
  EXPECT_EQ(reopened->file, file);
  append(file, "c\n");
  EXPECT_EQ(result_of<LogLine>(client.next().value_or(Json()))->line, "c");
}

TEST(LogCommands, LinesThatAreNotUtf8AreShownAllTheSame) {
  RunningDaemon daemon;
  append(daemon.in("access.log"), "\xff\xfe x\n");
  Client client(daemon.socket());
  client.send(encode(Request{"log.tail", {{"lines", 1}}}));
  const auto line = result_of<LogLine>(client.next().value_or(Json()));
  ASSERT_TRUE(line);
  EXPECT_NE(line->line.find(" x"), std::string::npos);
}

TEST(LogCommands, ALogThatIsNoFileIsAnError) {
  RunningDaemon to_output;
  to_output.open_log("-", record::LogFormat::json);
  RunningDaemon unwritten;
  unwritten.open_log(unwritten.in("unwritten.log"), record::LogFormat::none);
  RunningDaemon gone;
  std::filesystem::remove(gone.in("access.log"));
  for (auto* daemon : {&to_output, &unwritten, &gone}) {
    Client client(daemon->socket());
    const auto answer = client.ask(command::kLogTail);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::failed);
    EXPECT_FALSE(answer.error().message.empty());
  }
  EXPECT_FALSE(Client(to_output.socket()).ask(command::kLogReopen));
}

}  // namespace
}  // namespace sluice::control::test
