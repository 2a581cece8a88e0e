// Lists while they are built: what is declared is known at once, and edits of it are not lost.

#include "gateway/control/list_keeper.hpp"

#include <gmock/gmock.h>

#include "gateway/base/file.hpp"
#include "tests/unit/control_server/running_daemon.hpp"

namespace sluice::control {
namespace {

using test::Directory;
using testing::ElementsAre;

class ListKeeperTest : public testing::Test {
 protected:
  ListKeeperTest() {
    published_ = keeper_.load({});
    keeper_.start(context_, {}, [this](std::shared_ptr<const policy::Lists> lists) {
      published_ = std::move(lists);
      ever_held_old_ = ever_held_old_ || holds("in.old.example");
    });
  }
  ~ListKeeperTest() override { context_.stop(); }

  policy::ListDeclaration list(const std::string& name) const {
    policy::ListDeclaration declared;
    declared.name = declared.category = name;
    declared.path = directory_.in(name + ".txt");
    return declared;
  }
  policy::ListDeclaration list_of(const std::string& name, const std::string& entries) const {
    EXPECT_TRUE(replace_file(list(name).path, entries));
    return list(name);
  }
  // As the keeper of the policy does: read ahead of judging, then in force.
  void put_in_force(const std::vector<policy::ListDeclaration>& declared) {
    published_ = keeper_.preview(declared);
    keeper_.declare(declared);
  }
  bool is_built() const { return keeper_.show().builds == keeper_.show().builds_asked; }
  void build() {
    context_.restart();
    while (!is_built() && context_.run_one() > 0) {}
  }
  bool holds(std::string_view host) const {
    policy::ListHits found;
    published_->find_host(host, found);
    return !found.hits.empty();
  }
  std::vector<std::string> shown() const {
    std::vector<std::string> names;
    for (const ListState& state : keeper_.show().lists) { names.push_back(state.name); }
    return names;
  }

  Directory directory_;
  asio::io_context context_{1};
  ListKeeper keeper_{directory_.in("lists")};
  std::shared_ptr<const policy::Lists> published_;
  bool ever_held_old_ = false;
};

TEST_F(ListKeeperTest, ADeclaredListIsShownAndEditedAheadOfItsBuild) {
  put_in_force({list_of("c1", "in.c1.example\nin.c1.example\nno name\n")});
  EXPECT_FALSE(is_built());
  ASSERT_THAT(shown(), ElementsAre("c1"));
  const ListState state = keeper_.show().lists.front();
  EXPECT_EQ(state.from, "file");
  EXPECT_THAT(state.categories, ElementsAre("c1"));
  EXPECT_EQ(state.counts.distinct, 1U);
  EXPECT_EQ(state.counts.rejected, 1U);
  const auto edited = keeper_.edit({"c1", "", "e.example"}, false);
  ASSERT_TRUE(edited) << edited.error().message;
  EXPECT_FALSE(is_built());
  EXPECT_TRUE(holds("e.example"));
  EXPECT_TRUE(holds("in.c1.example"));
  build();
  EXPECT_TRUE(holds("e.example")) << "the build began without it";
  EXPECT_TRUE(holds("in.c1.example"));
  EXPECT_EQ(keeper_.show().lists.front().counts.distinct, 1U);
}

TEST_F(ListKeeperTest, ABuildOfListsThatAreNotDeclaredAnyMorePutsNothingInForce) {
  put_in_force({list_of("old", "in.old.example\n")});
  put_in_force({list_of("new", "in.new.example\n")});
  ASSERT_TRUE(keeper_.edit({"new", "", "e.example"}, false));
  build();
  EXPECT_FALSE(ever_held_old_);
  EXPECT_THAT(shown(), ElementsAre("new"));
  EXPECT_TRUE(holds("in.new.example"));
  EXPECT_TRUE(holds("e.example"));
}

TEST_F(ListKeeperTest, AListOfWhichNothingWasReadTakesEdits) {
  put_in_force({list("missing")});
  for (const bool is_built_first : {false, true}) {
    if (is_built_first) { build(); }
    ASSERT_EQ(keeper_.show().lists.front().from, "nothing");
    EXPECT_NE(keeper_.show().lists.front().alarm, "");
    const std::string entry = is_built_first ? "b.example" : "a.example";
    const auto edited = keeper_.edit({"missing", "", entry}, false);
    ASSERT_TRUE(edited) << edited.error().message;
    EXPECT_TRUE(holds(entry));
  }
  EXPECT_TRUE(holds("a.example"));
}

}  // namespace
}  // namespace sluice::control
