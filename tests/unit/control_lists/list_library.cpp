// Lists on disk: what is compiled, when nothing is, and what a bad source does.

#include "gateway/control/lists/list_library.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "gateway/base/file.hpp"
#include "gateway/control/lists/list_counts.hpp"
#include "policy/lists/lists.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
using policy::ListDeclaration;
using policy::ListFormat;

class ListLibraryTest : public testing::Test {
 protected:
  ListLibraryTest() {
    std::string name = (fs::temp_directory_path() / "sluice-lists-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ListLibraryTest() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    EXPECT_TRUE(replace_file(path.string(), text));
    return path.string();
  }

  ListDeclaration declared(const std::string& name, ListFormat format, const std::string& path) const {
    ListDeclaration list;
    list.name = name;
    list.format = format;
    list.path = path;
    if (!list.is_tree()) { list.category = name; }
    return list;
  }

  std::string state() const { return (folder_ / "state").string(); }

  ListLibrary::Built build(ListLibrary& library, const std::vector<ListDeclaration>& lists, bool accept = false,
                           const std::vector<ListEdit>& edits = {}) const {
    auto built = library.build(lists, accept, edits);
    EXPECT_TRUE(built) << (built ? "" : built.error());
    return built ? std::move(*built) : ListLibrary::Built{};
  }

  static bool holds(const ListLibrary::Built& built, std::string_view host) {
    policy::ListHits found;
    built.set->find_host(host, found);
    return !found.hits.empty();
  }

  fs::path folder_;
};

TEST_F(ListLibraryTest, CompilesNothingWhenTheContentIsTheSame) {
  const auto list = declared("names", ListFormat::domains, write("names", "a.example\n"));
  ListLibrary library(state());
  EXPECT_TRUE(build(library, {list}).is_new);
  write("names", "a.example\n");  // another time, the same content
  EXPECT_FALSE(build(library, {list}).is_new);
  const auto time = fs::last_write_time(folder_ / "state" / "compiled");
  ListLibrary after_restart(state());
  const auto built = build(after_restart, {list});
  EXPECT_TRUE(holds(built, "a.example"));
  EXPECT_EQ(built.lists.at(0).counts.distinct_names, 1U);
  EXPECT_EQ(fs::last_write_time(folder_ / "state" / "compiled"), time) << "it was mapped, not compiled";
}

TEST_F(ListLibraryTest, ReadsATreeWithACategoryForEachFolder) {
  write("tree/adult/domains", "a.example\n192.0.2.1\n");
  write("tree/adult/urls", "b.example/path\n");
  write("tree/games/deep/expressions", "poker[0-9]\n");
  write("tree/README", "no category\n");
  ListLibrary library(state());
  const auto built = build(library, {declared("ut1", ListFormat::squidguard_domains, (folder_ / "tree").string())});
  const ListState& list = built.lists.at(0);
  EXPECT_EQ(list.categories, (std::vector<std::string>{"adult", "games.deep"}));
  EXPECT_EQ(list.counts.names, 1U);
  EXPECT_EQ(list.counts.prefixes, 1U);
  EXPECT_EQ(list.counts.paths, 1U);
  EXPECT_EQ(list.counts.expressions, 1U);
  EXPECT_EQ(list.from, "file");
}

TEST_F(ListLibraryTest, AMissingSourceLeavesItsListAndLetsTheOthersMoveOn) {
  const auto one = declared("one", ListFormat::domains, write("one", "one.example\n"));
  const auto two = declared("two", ListFormat::domains, write("two", "two.example\n"));
  ListLibrary library(state());
  build(library, {one, two});
  fs::remove(folder_ / "one");
  write("two", "two.example\nnew.example\n");
  const auto built = build(library, {one, two});
  EXPECT_TRUE(holds(built, "one.example"));
  EXPECT_TRUE(holds(built, "new.example"));
  EXPECT_EQ(built.lists.at(0).from, "kept copy");
  EXPECT_NE(built.lists.at(0).alarm, "");
  EXPECT_EQ(built.lists.at(1).alarm, "");
}

TEST_F(ListLibraryTest, AListThatWasNeverReadIsEmptyWithAnAlarm) {
  ListLibrary library(state());
  const auto built = build(library, {declared("names", ListFormat::domains, "/nowhere/at/all")});
  EXPECT_EQ(built.lists.at(0).from, "nothing");
  EXPECT_NE(built.lists.at(0).alarm.find("No such file"), std::string::npos);
  EXPECT_NE(built.set, nullptr);
}

TEST_F(ListLibraryTest, AGuardRefusesASuddenChangeUntilItIsAccepted) {
  auto list = declared("names", ListFormat::domains, write("names", "a.example\nb.example\nc.example\nd.example\n"));
  ListLibrary library(state());
  build(library, {list});
  write("names", "a.example\n");
  const auto refused = build(library, {list});
  EXPECT_FALSE(refused.is_new);
  EXPECT_NE(refused.lists.at(0).alarm.find("shrank from 4 entries to 1"), std::string::npos);
  EXPECT_TRUE(holds(refused, "d.example"));
  const auto accepted = build(library, {list}, true);
  EXPECT_TRUE(accepted.is_new);
  EXPECT_EQ(accepted.lists.at(0).alarm, "");
  EXPECT_FALSE(holds(accepted, "d.example"));
  write("names", "a.example\nb.example\nc.example\nd.example\n");
  EXPECT_TRUE(build(library, {list}).is_new) << "without a guard of its own a list may grow";
}

TEST_F(ListLibraryTest, ADamagedFileIsCompiledAgain) {
  const auto list = declared("names", ListFormat::domains, write("names", "a.example\n"));
  {
    ListLibrary library(state());
    build(library, {list});
  }
  const std::string file = state() + "/compiled";
  std::string octets = read_file(file).value();
  octets[octets.size() / 2] = static_cast<char>(octets[octets.size() / 2] ^ 1);
  ASSERT_TRUE(replace_file(file, octets));
  ListLibrary library(state());
  const auto built = build(library, {list});
  EXPECT_TRUE(holds(built, "a.example"));
  EXPECT_EQ(built.notes.size(), 1U);
}

TEST_F(ListLibraryTest, EditsAreCarriedOutInWhatIsCompiledAndInFrontOfIt) {
  const auto list = declared("names", ListFormat::domains, write("names", "a.example\nb.example\n"));
  const std::vector<ListEdit> edits{{true, "names", "names", "a.example"}, {false, "names", "names", "new.example"}};
  ListLibrary library(state());
  const auto before = build(library, {list});
  const policy::Lists lists(before.set, edits_in_front_of(*before.set, std::vector{list}, edits));
  const auto is_found = [&](std::string_view host) {
    policy::ListHits found;
    lists.find_host(host, found);
    return !found.hits.empty();
  };
  EXPECT_FALSE(is_found("a.example"));
  EXPECT_TRUE(is_found("b.example"));
  EXPECT_TRUE(is_found("www.new.example"));
  const auto after = build(library, {list}, false, edits);
  EXPECT_TRUE(after.is_new);
  EXPECT_FALSE(holds(after, "a.example"));
  EXPECT_TRUE(holds(after, "www.new.example"));
  EXPECT_FALSE(build(library, {list}, false, edits).is_new);
}

TEST_F(ListLibraryTest, OfEditsInSeveralSpellingsTheLastCounts) {
  write("tree/c/urls", "a.example/%c3%bc\n");
  const auto list = declared("urls", ListFormat::squidguard_domains, (folder_ / "tree").string());
  const auto is_found = [&](const std::vector<ListEdit>& edits, std::string_view url) {
    ListLibrary library(state());
    const auto built = build(library, {list}, false, edits);
    const auto found_in = [&](const policy::Lists& lists) {
      policy::ListHits found;
      lists.find_host("a.example", found);
      lists.find_url(url, found);
      return !found.hits.empty();
    };
    const bool is_live = found_in({built.set, edits_in_front_of(*built.set, std::vector{list}, edits)});
    EXPECT_EQ(is_live, found_in({built.set, nullptr})) << url;
    return is_live;
  };
  const ListEdit add{false, "urls", "c", "A.example/x/../b"};
  const ListEdit remove{true, "urls", "c", "a.example/%62"};
  EXPECT_TRUE(is_found({remove, add}, "http://a.example/b"));
  EXPECT_FALSE(is_found({add, remove}, "http://a.example/b"));
  EXPECT_TRUE(is_found({{true, "urls", "c", "a.example/\u00fc"}, {false, "urls", "c", "a.example/q/../\u00fc"}},
                       "http://a.example/%C3%BC"));
}

TEST_F(ListLibraryTest, CountsDistinctEntriesOfAllKindsWithoutThoseByHand) {
  write("tree/a/domains", "a.example\nb.example\n192.0.2.1\n");
  write("tree/a/urls", "c.example/path\nc.example/PATH\n");
  write("tree/b/domains", "a.example\n192.0.2.1\n");
  write("tree/b/expressions", "poker[0-9]\npoker[0-9]\n");
  const auto list = declared("ut1", ListFormat::squidguard_domains, (folder_ / "tree").string());
  const std::vector<ListEdit> edits{{true, "ut1", "a", "b.example"}, {false, "ut1", "a", "new.example"}};
  ListLibrary library(state());
  const ListCounts counts = build(library, {list}, false, edits).lists.at(0).counts;
  EXPECT_EQ(counts.entries, 9U);
  EXPECT_EQ(counts.distinct, 5U);
  EXPECT_EQ(counts.duplicates, 4U);
  EXPECT_EQ(counts.distinct_names, 2U);
  EXPECT_EQ(counts.distinct_prefixes, 1U);
  EXPECT_EQ(counts.distinct_paths, 1U);
  EXPECT_EQ(counts.distinct_expressions, 1U);
}

TEST_F(ListLibraryTest, TheFileOfEditsIsNotWrittenOverWhenItIsNotUnderstood) {
  const std::string file = write("edits", "add names names a.example\nsomething else\n");
  ListEdits edits(file);
  EXPECT_FALSE(edits.load());
  EXPECT_FALSE(edits.append({false, "names", "names", "b.example"}));
  EXPECT_EQ(read_file(file).value(), "add names names a.example\nsomething else\n");
  const std::string good = write("good", "add names names a.example\n");
  ListEdits more(good);
  ASSERT_TRUE(more.load());
  ASSERT_TRUE(more.append({true, "names", "names", "b.example"}));
  EXPECT_EQ(read_file(good).value(), "add names names a.example\nremove names names b.example\n");
}

TEST_F(ListLibraryTest, ALineOfTheFileOfEditsThatWasCutIsNone) {
  ListEdits edits(write("edits", "add names names good.example\nadd names names evil.ex"));
  ASSERT_TRUE(edits.load());
  ASSERT_EQ(edits.all().size(), 1u);
  EXPECT_EQ(edits.all().front().entry, "good.example");
}

TEST_F(ListLibraryTest, AListOfWhichNextToNothingIsUnderstoodIsAnAlarm) {
  std::string page;
  for (int i = 0; i < 20; ++i) { page += "<p>sign in</p>\n"; }
  const auto list = declared("names", ListFormat::domains, write("names", page + "a.example\n"));
  ListLibrary library(state());
  EXPECT_THAT(build(library, {list}).lists.at(0).alarm, testing::HasSubstr("20 of 21 lines are rejected"));
  EXPECT_FALSE(build(library, {list}).lists.at(0).alarm.empty()) << "not at the first time alone";
  write("names", "a.example\nb.example\n<p>\n");
  EXPECT_EQ(build(library, {list}, true).lists.at(0).alarm, "");
}

TEST_F(ListLibraryTest, WideEntriesAreWarnedOfInALineAndAreNoAlarm) {
  write("tree/a/domains", "a.example\ncom\nnet\norg\nuk\n");
  ListLibrary library(state());
  const auto list = declared("ut1", ListFormat::squidguard_domains, (folder_ / "tree").string());
  const ListState built = build(library, {list}).lists.at(0);
  EXPECT_EQ(built.alarm, "");
  EXPECT_EQ(built.counts.wide, 4U);
  const std::string warning = warning_of(built.counts);
  EXPECT_THAT(warning, testing::StartsWith("a/domains:2: `com` is a public suffix"));
  EXPECT_THAT(warning, testing::EndsWith("; and 1 more like that"));
  EXPECT_THAT(warning, testing::Not(testing::HasSubstr("`uk`")));
  ListLibrary after_restart(state());
  EXPECT_EQ(warning_of(build(after_restart, {list}).lists.at(0).counts), warning) << "also when nothing is compiled";
}

TEST(ListSource, IsTheSameOutOfItsKeptCopy) {
  ListSource source;
  source.parts.push_back({ListFormat::squidguard_urls, "adult", "adult/urls", "a/b\nno line feed"});
  source.parts.push_back({ListFormat::hosts, "x", "", ""});
  const std::string copy = kept_copy(source);
  const auto again = read_kept_copy(copy);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->hash(), source.hash());
  EXPECT_EQ(again->parts.at(0).text, "a/b\nno line feed");
  EXPECT_FALSE(read_kept_copy(copy.substr(0, 50))) << "cut";
  EXPECT_FALSE(read_kept_copy("something else"));
}

}  // namespace
}  // namespace sluice::control
