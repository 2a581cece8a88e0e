#include "policy/difference.hpp"

#include "support.hpp"

namespace sluice::policy {
namespace {

std::vector<std::string> changes(std::string_view before, std::string_view after) {
  const auto old_one = test::compiled(before);
  const auto new_one = test::compiled(after);
  std::vector<std::string> lines;
  for (const Change& change : difference(*old_one, *new_one)) { lines.push_back(change.sign + (' ' + change.text)); }
  return lines;
}

TEST(Difference, NamesWhatIsNewGoneChangedAndElsewhere) {
  using Lines = std::vector<std::string>;
  constexpr std::string_view kBefore = "net a 10.0.0.1\ndeny host b.example\ndeny host c.example\nallow\n";
  EXPECT_EQ(changes(kBefore, kBefore), Lines{});
  EXPECT_EQ(changes(kBefore, "# only layout\nnet  a 10.0.0.1\n\ndeny host b.example # x\ndeny host c.example\nallow\n"),
            Lines{});
  EXPECT_EQ(changes(kBefore, "net a 10.0.0.1\ndeny host b.example\nallow host d.example\ndeny host c.example\nallow\n"),
            Lines{"+ allow host d.example"});
  EXPECT_EQ(changes(kBefore, "net a 10.0.0.1\ndeny host c.example\nallow\n"), Lines{"- deny host b.example"});
  EXPECT_EQ(changes(kBefore, "net a 10.0.0.2\ndeny host b.example\ndeny host c.example\nallow\n"),
            (Lines{"- net a 10.0.0.1", "+ net a 10.0.0.2"}));
  EXPECT_EQ(changes(kBefore, "net a 10.0.0.1\ndeny host b.example reason \"x\"\ndeny host c.example\nallow\n"),
            Lines{"~ deny host b.example reason \"x\""});
  EXPECT_EQ(changes(kBefore, "net a 10.0.0.1\ndeny host c.example\ndeny host b.example\nallow\n"),
            Lines{"> deny host b.example"});
  EXPECT_EQ(changes("allow\n", "deny\n"), (Lines{"- allow", "+ deny"}));
}

}  // namespace
}  // namespace sluice::policy
