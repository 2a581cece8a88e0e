// `list` lines, and the conditions `category` and `list`.

#include "lists_support.hpp"
#include "policy/lists/import.hpp"
#include "policy/parse_list.hpp"
#include "support.hpp"

namespace sluice::policy {
namespace {

using test::compiled;

CompileOptions with(ListCompiler& compiler) {
  CompileOptions options;
  options.lists = std::make_shared<const Lists>(test::set_of(compiler), nullptr);
  return options;
}

TEST(ListDeclaration, SaysWhereAListComesFrom) {
  const auto policy = compiled(
      "list ut1 squidguard \"/lists/ut1\" refresh 24h guard 20%\n"
      "list my-names domains \"/lists/names\" category malware\nlist other rpz \"/o\"\nallow\n");
  ASSERT_TRUE(policy);
  const auto& lists = policy->list_declarations();
  ASSERT_EQ(lists.size(), 3U);
  EXPECT_EQ(lists[0].name, "ut1");
  EXPECT_TRUE(lists[0].is_tree());
  EXPECT_EQ(lists[0].path, "/lists/ut1");
  EXPECT_EQ(lists[0].refresh, 86400U);
  EXPECT_EQ(lists[0].guard, 20U);
  EXPECT_EQ(lists[1].category, "malware");
  EXPECT_EQ(lists[2].category, "other");
  EXPECT_EQ(lists[2].at.line, 3);
}

TEST(ListDeclaration, FromAUrlIsReadAgainEveryDayUnlessItSaysOtherwise) {
  const auto policy = compiled(
      "list a domains \"http://lists.example/names.txt\"\n"
      "list b domains \"https://lists.example/names.txt\"\n"
      "list c domains \"https://lists.example/names.txt\" refresh 30m\nallow\n");
  ASSERT_TRUE(policy);
  const auto& lists = policy->list_declarations();
  for (const ListDeclaration& list : lists) { EXPECT_TRUE(list.is_url()) << list.name; }
  EXPECT_EQ(lists[0].refresh, 86400U);
  EXPECT_EQ(lists[1].refresh, 86400U);
  EXPECT_EQ(lists[2].refresh, 1800U);
}

TEST(ListDeclaration, IsRefusedWithAHint) {
  struct Case {
    std::string_view line;
    std::string_view message;
  };
  for (const Case& c :
       {Case{"list", "`list` takes a name"}, Case{"list x domain \"/x\"", "did you mean `domains`?"},
        Case{"list x domains x", "a path in quotes that begins with `/`"},
        Case{"list x domains \"relative\"", "a path in quotes that begins with `/`"},
        Case{"list x squidguard \"https://lists.example/x\"", "is a folder, not a URL"},
        Case{"list x domains \"https://lists.example/a b\"", "a URL with blanks"},
        Case{"list x domains \"ftp://lists.example/x\"", "`http://` or `https://`"},
        Case{"list x domains \"/x\" refresh 5", "a time like"}, Case{"list x domains \"/x\" guard 5", "a percentage"},
        Case{"list x domains \"/x\" gaurd 5%", "did you mean `guard`?"},
        Case{"list x squidguard \"/x\" category y", "a category for each of its folders"},
        Case{"list x domains \"/x\" refresh 1h guard 5% refresh 2h", "a second `refresh`"},
        Case{"list x domains \"/x\" guard 5% guard 5%", "a second `guard`"},
        Case{"list x domains \"/x\" category a category b", "a second `category`"},
        Case{"list x domains \"/x\"\nlist x hosts \"/y\"", "declared on line 1 already"}}) {
    const auto errors = test::errors_of(std::string(c.line) + "\nallow\n");
    ASSERT_FALSE(errors.empty()) << c.line;
    EXPECT_NE(errors.front().message.find(c.message), std::string::npos) << errors.front().text();
  }
}

// One error for one mistake: the uses of a list whose line is wrong are good.
TEST(ListDeclaration, IsKnownByItsNameWhenTheRestIsWrong) {
  const auto errors = test::errors_of("list x domain \"/x\"\ndeny list x\nallow\n");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].line, 1);
}

TEST(ListCondition, NamesListCategoryAndEntryOfADecision) {
  ListCompiler compiler;
  const auto bad = compiler.add_tag({"ut1", "malware", false}).value();
  ASSERT_TRUE(compiler.add_host("bad.example", {.tag = bad, .line = 17}));
  const auto policy = compiled("list ut1 squidguard \"/x\"\ndeny category malware\nallow\n", with(compiler));
  Facts facts = test::a_request();
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow);
  EXPECT_EQ(policy->decide(facts).listed.set, nullptr);
  facts.host = "www.bad.example";
  const Decision decision = policy->decide(facts);
  EXPECT_EQ(decision.verdict, Verdict::deny);
  ASSERT_NE(decision.listed.set, nullptr);
  const ListEntryText entry = decision.list_entry();
  EXPECT_EQ(entry.list, "ut1");
  EXPECT_EQ(entry.category, "malware");
  EXPECT_EQ(entry.entry, "bad.example");
  EXPECT_EQ(entry.line, 17U);
}

// Whoever asks again about a URL says that it was in no list; the address is looked up all the same.
TEST(ListCondition, RemembersThatAUrlIsNotListed) {
  ListCompiler compiler;
  const auto bad = compiler.add_tag({"ut1", "malware", false}).value();
  ASSERT_TRUE(compiler.add_host("bad.example", {.tag = bad, .line = 17}));
  compiler.add_prefix(*Prefix::parse("192.0.2.0/24"), {.tag = bad, .line = 18});
  const auto options = with(compiler);
  const auto policy = compiled("list ut1 squidguard \"/x\"\ndeny category malware\nallow\n", options);
  std::uint64_t unlisted_in = 0;
  Facts facts = test::a_request();
  facts.unlisted_in = &unlisted_in;
  facts.destination.reset();
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::undecided);
  EXPECT_EQ(unlisted_in, options.lists->number());
  facts.destination = Address::parse("198.51.100.7");
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::allow);
  facts.destination = Address::parse("192.0.2.7");
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny);
}

TEST(ListCondition, RemembersNothingOfOtherListsAndOfWhatIsListed) {
  ListCompiler compiler;
  const auto bad = compiler.add_tag({"ut1", "malware", false}).value();
  ASSERT_TRUE(compiler.add_host("bad.example", {.tag = bad, .line = 17}));
  const auto policy = compiled("list ut1 squidguard \"/x\"\ndeny category malware\nallow\n", with(compiler));
  Facts facts = test::a_request();
  facts.host = "bad.example";
  std::uint64_t unlisted_in = Lists(nullptr, nullptr).number();  // of lists that did not have it
  facts.unlisted_in = &unlisted_in;
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny);
  unlisted_in = 0;
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny);
  EXPECT_EQ(unlisted_in, 0U);
}

// What a condition behind `unless` asks for is not why a rule matches, and a shadow rule's entry is not the decision's.
TEST(ListCondition, NamesNoEntryOfExceptionsAndShadowRules) {
  ListCompiler compiler;
  const auto bad = compiler.add_tag({"ut1", "malware", false}).value();
  const auto good = compiler.add_tag({"ut1", "good", false}).value();
  ASSERT_TRUE(compiler.add_host("bad.example", {.tag = bad, .line = 17}));
  ASSERT_TRUE(compiler.add_host("bad.example", {.tag = good, .line = 3}));
  Facts facts = test::a_request();
  facts.host = "www.bad.example";
  const auto entry_by = [&](const std::string& rules) {
    const auto policy = compiled("list ut1 squidguard \"/x\"\n" + rules + "allow\n", with(compiler));
    const Decision decision = policy->decide(facts);
    return decision.listed.set == nullptr ? "" : decision.list_entry().category;
  };
  EXPECT_EQ(entry_by("deny category malware unless category good method POST\n"), "malware");
  EXPECT_EQ(entry_by("deny host .bad.example unless category good method POST\n"), "");
  EXPECT_EQ(entry_by("deny category malware shadow\n"), "");
  EXPECT_EQ(entry_by("deny category malware shadow\ndeny category good\n"), "good");
}

TEST(ListCondition, ChoosesSettings) {
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"ut1", "video", false}).value();
  ASSERT_TRUE(compiler.add_host("video.example", {.tag = tag}));
  const auto policy = compiled("list ut1 squidguard \"/x\"\ncache never category video\nallow\n", with(compiler));
  Facts facts = test::a_request();
  Settings chosen;
  policy->choose(SettingStage::request, facts, chosen);
  EXPECT_EQ(chosen[SettingKind::cache_never], nullptr);
  facts.host = "www.video.example";
  policy->choose(SettingStage::request, facts, chosen);
  EXPECT_NE(chosen[SettingKind::cache_never], nullptr);
}

TEST(ListCondition, CoversOneWithFewerNames) {
  const auto policy = compiled(
      "list a domains \"/a\"\nlist b domains \"/b\"\n"
      "deny list a, b\ndeny list a\ndeny category a\nallow\n");
  ASSERT_EQ(policy->warnings().size(), 1U);
  EXPECT_EQ(policy->warnings()[0].line, 4);
}

TEST(ListCondition, ReportsUnknownNames) {
  ListCompiler compiler;
  ASSERT_TRUE(compiler.add_tag({"ut1", "malware", false}));
  const auto options = with(compiler);
  const auto policy = compiled("list ut1 squidguard \"/x\"\ndeny category malwrae\nallow\n", options);
  ASSERT_EQ(policy->warnings().size(), 1U);
  EXPECT_NE(policy->warnings()[0].message.find("did you mean `malware`?"), std::string::npos);
  const auto unknown = test::errors_of("list ut1 squidguard \"/x\"\ndeny list utl\nallow\n");
  ASSERT_EQ(unknown.size(), 1U);
  EXPECT_NE(unknown[0].message.find("did you mean `ut1`?"), std::string::npos);
  // A tree that was not read yet may hold any category.
  EXPECT_TRUE(compiled("list new squidguard \"/x\"\ndeny category porn\nallow\n", options)->warnings().empty());
}

TEST(ListCondition, DoesNotUseListsThatTheTextDoesNotDeclare) {
  ListCompiler compiler;
  const auto tag = compiler.add_tag({"old", "malware", false}).value();
  ASSERT_TRUE(compiler.add_host("www.example.com", {.tag = tag}));
  const auto policy =
      compiled("list new domains \"/x\" category malware\ndeny category malware\nallow\n", with(compiler));
  EXPECT_EQ(policy->decide(test::a_request()).verdict, Verdict::allow);
}

TEST(ListCondition, TheCloserEntryDecidesUnlessExceptionsAreFinal) {
  ListCompiler compiler;
  const auto zone = compiler.add_tag({"zone", "zone", false}).value();
  const auto ads = compiler.add_tag({"ads", "ads", true}).value();
  for (const std::uint32_t tag : {zone, ads}) {
    ASSERT_TRUE(compiler.add_host("a.example", {.tag = tag}));
    ASSERT_TRUE(compiler.add_host("b.a.example", {.tag = tag, .effect = Effect::excepts}));
    ASSERT_TRUE(compiler.add_host("c.b.a.example", {.tag = tag}));
  }
  const auto policy =
      compiled("list zone rpz \"/x\"\nlist ads adblock \"/x\"\ndeny list zone id z\ndeny list ads id a\nallow id d\n",
               with(compiler));
  const auto rule_for = [&](std::string_view host) {
    Facts facts = test::a_request();
    facts.host = host;
    return std::string(policy->decide(facts).rule_id);
  };
  EXPECT_EQ(rule_for("x.a.example"), "z");
  EXPECT_EQ(rule_for("x.b.a.example"), "d");
  EXPECT_EQ(rule_for("c.b.a.example"), "z") << "closer than the exception";
  const auto only_ads = compiled("list ads adblock \"/x\"\ndeny list ads id a\nallow id d\n", with(compiler));
  Facts facts = test::a_request();
  facts.host = "c.b.a.example";
  EXPECT_EQ(only_ads->decide(facts).rule_id, "d") << "an exception of Adblock syntax decides wherever it stands";
}

TEST(ListCondition, WaitsForWhatItsEntriesAreAbout) {
  ListCompiler compiler;
  const auto names = compiler.add_tag({"n", "n", false}).value();
  ASSERT_TRUE(compiler.add_host("a.example", {.tag = names}));
  const auto nets = compiler.add_tag({"d", "d", false}).value();
  compiler.add_prefix(*Prefix::parse("192.0.2.0/24"), {.tag = nets});
  const auto policy =
      compiled("list n domains \"/x\"\nlist d addresses \"/x\"\ndeny list n id n\ndeny list d id d\nallow id a\n",
               with(compiler));
  Facts facts;
  facts.host = "other.example";
  EXPECT_EQ(policy->decide(facts).rule_id, "d") << "names are settled, the address is waited for";
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::undecided);
  facts.destination = test::address("192.0.2.1");
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny);
  facts.destination = test::address("198.51.100.1");
  EXPECT_EQ(policy->decide(facts).rule_id, "a");
}

// What can take no entry back is not waited for.
TEST(ListCondition, WaitsForExceptionsThatCouldTakeTheEntryBack) {
  ListCompiler compiler;
  const auto zone = compiler.add_tag({"zone", "zone", false}).value();
  ASSERT_TRUE(compiler.add_host("a.example", {.tag = zone}));
  compiler.add_prefix(*Prefix::parse("192.0.2.0/24"), {.tag = zone});
  compiler.add_prefix(*Prefix::parse("192.0.2.1"), {.tag = zone, .effect = Effect::excepts});
  ASSERT_TRUE(compiler.add_path("b.example", "/x", {.tag = zone}));
  ASSERT_TRUE(compiler.add_path("b.example", "/x/y", {.tag = zone, .effect = Effect::excepts}));
  const auto policy = compiled("list zone rpz \"/x\"\ndeny list zone\nallow\n", with(compiler));
  Facts facts;
  facts.host = "a.example";
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny);
  facts.destination = test::address("192.0.2.1");
  facts.url = "http://a.example/";
  EXPECT_EQ(policy->decide(facts).verdict, Verdict::deny) << "and nothing takes it back";
  Facts path;
  path.host = "b.example";
  path.url = "http://b.example/x";
  EXPECT_EQ(policy->decide(path).verdict, Verdict::deny);
  Facts address;
  address.destination = test::address("192.0.2.2");
  address.host = "c.example";
  EXPECT_EQ(policy->decide(address).verdict, Verdict::deny) << "nor does a path";
}

}  // namespace
}  // namespace sluice::policy
