// What the conditions beyond host, address, port, method, scheme and URL hold for.

#include <functional>

#include "support.hpp"

namespace sluice::policy {
namespace {

using test::a_request;
using test::compiled;

struct Case {
  std::string_view condition;  // of the one rule ahead of the default
  std::function<void(Facts&)> facts;
  Verdict verdict;
};

const test::Message kRequest{{{"User-Agent", "curl/8.5"}, {"Cookie", "a=1"}, {"cookie", "b=2"}}};
const test::Message kResponse{{{"Server", "nginx"}}};

// A request with its fields, and a response of which everything is known.
Facts an_exchange() {
  Facts facts = a_request();
  facts.fields = kRequest.lines();
  facts.status = 200;
  facts.type = "text/html; charset=utf-8";
  facts.size = 2048;
  facts.response_fields = kResponse.lines();
  return facts;
}

TEST(Conditions, MeanWhatTheReferenceSays) {
  const auto same = [](Facts&) {};
  const auto target = [](std::string_view text) { return [=](Facts& facts) { facts.path_and_query = text; }; };
  const auto type = [](std::string_view text) { return [=](Facts& facts) { facts.type = text; }; };
  const auto connect = [](Facts& facts) {
    facts.method = "CONNECT";
    facts.authority = "www.example.com";
    facts.path_and_query = "";
    facts.status.reset(), facts.type.reset(), facts.size.reset(), facts.response_fields.reset();
    facts.has_no_response = true;
  };
  const Verdict allow = Verdict::allow;
  const Verdict deny = Verdict::deny;
  const Verdict undecided = Verdict::undecided;
  const std::vector<Case> cases{
      // where the client came in
      {"listener 3128", same, deny},
      {"listener 128", same, allow},
      {"listener 192.0.2.1:3128", same, deny},
      {"listener 192.0.2.2:3128, 8080", same, allow},
      {"listener [2001:DB8::1]:80", [](Facts& f) { f.listener = "[2001:db8::1]:80"; }, deny},
      {"mode explicit", same, deny},
      {"mode reverse, transparent", same, allow},
      // the host of CONNECT
      {"authority .example.com", connect, deny},
      {"authority .example.com", same, allow},
      // path: itself and everything below it
      {"path /%c3%bc", target("/%C3%BC"), deny},
      {"path /%7Euser", target("/~user/x"), deny},
      {"path /~user", target("/~user"), deny},
      {"path /a%2fb", target("/a%2Fb"), deny},
      {"path /%61dmin", target("/admin"), deny},
      {"path /x/../b", target("/b"), deny},
      {"path /./b", target("/b?c"), deny},
      {"path /b/.", target("/b/c"), deny},
      {"path /b/%zz", target("/b/%zz"), deny},
      {"query a=%7eb%2f", target("/?a=~b%2F"), deny},
      {"query %61*", target("/?ab"), deny},
      {"query a=/../b", target("/?a=/../b"), deny},
      {"path /", target("/a"), deny},
      {"path /app", target("/app"), deny},
      {"path /app", target("/app?x"), deny},
      {"path /app", target("/app/x"), deny},
      {"path /app", target("/apple"), allow},
      {"path /app", target("/App"), allow},
      {"path /app/", target("/app/x"), deny},
      {"path /app/", target("/app"), allow},
      {"path /", connect, allow},
      {"path /a, /b", target("/b/c"), deny},
      // query: a parameter by its name, or with its value
      {"query utm_source", target("/?utm_source=x"), deny},
      {"query utm_source", target("/?a&utm_source"), deny},
      {"query utm_source", target("/?utm_source2=x"), allow},
      {"query utm_*", target("/?a=1&utm_source2=x"), deny},
      {"query utm_*", target("/utm_x"), allow},
      {"query format=pdf", target("/?format=pdf"), deny},
      {"query format=pdf", target("/?format=pdf2"), allow},
      {"query a", target("/?"), allow},
      // fields: an expression found in one of the lines
      {"field User-Agent ~ \"^curl/\"", same, deny},
      {"field user-agent ~ \"Curl\"", same, allow},
      {"field user-agent ~ \"(?i)Curl\"", same, deny},
      {"field Cookie ~ \"^b=\"", same, deny},
      {"field Cookie ~ \"x\", \"a=1\"", same, deny},
      {"field Referer ~ \".\"", same, allow},
      {"not field Referer ~ \".\"", same, deny},
      {"field Cookie ~ \"a\" field User-Agent ~ \"curl\"", same, deny},
      {"field Cookie ~ \"a\"", [](Facts& f) { f.fields.reset(); }, undecided},
      // the response
      {"status 200", same, deny},
      {"status 404, 200-299", same, deny},
      {"status 500-599", same, allow},
      {"status 200", [](Facts& f) { f.status.reset(); }, undecided},
      {"status 200", connect, allow},
      {"not status 200", connect, deny},
      {"type text/html", same, deny},
      {"type TEXT/*", same, deny},
      {"type image/*", same, allow},
      {"type image/*", type("Image/PNG"), deny},
      {"type image/*", type("images/png"), allow},
      {"type text/html", type(""), allow},
      {"type text/html", type(" text/html ;q=1"), deny},
      {"size over 1KiB", same, deny},
      {"size over 2KiB", same, allow},
      {"size under 2049", same, deny},
      {"size over 1KiB", [](Facts& f) { f.size.reset(); }, undecided},
      {"size over 1KiB", [](Facts& f) { f.size.reset(), f.size_is_untold = true; }, allow},
      {"response field Server ~ \"nginx\"", same, deny},
      {"response field Server ~ \"apache\"", same, allow},
      {"response field Server ~ \"nginx\"", connect, allow},
      {"response field Server ~ \"nginx\"", [](Facts& f) { f.response_fields.reset(); }, undecided},
      {"host other.example status 200", [](Facts& f) { f.status.reset(); }, allow},
  };
  for (const Case& one : cases) {
    const auto policy = compiled("deny " + std::string(one.condition) + "\nallow\n");
    ASSERT_TRUE(policy) << one.condition;
    Facts facts = an_exchange();
    one.facts(facts);
    EXPECT_EQ(policy->decide(facts).verdict, one.verdict) << one.condition;
  }
}

TEST(Conditions, AreWrittenInOneCanonicalWay) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"deny path  /a ,/b query x unless  mode explicit", "deny path /a, /b query x unless mode explicit"},
      {"deny path  /x/../%c3%bc,/~u query %61=%7e , b=~", "deny path /x/../%c3%bc, /~u query %61=%7e, b=~"},
      {"deny field  User-Agent~\"a\" , \"b\"", "deny field User-Agent ~ \"a\", \"b\""},
      {"deny response  field Server ~\"a\"", "deny response field Server ~ \"a\""},
      {"deny status 200-200 type TEXT/Html size over  1KiB", "deny status 200 type text/html size over 1KiB"},
      {"deny during  mon-fri 08:00-18:00,sat  Europe/Berlin", "deny during mon-fri 08:00-18:00, sat Europe/Berlin"},
      {"deny host a until  2026-12-31  18:00", "deny host a until 2026-12-31 18:00"},
      {"deny listener [2001:DB8:0::1]:80, 3128", "deny listener [2001:db8::1]:80, 3128"},
      {"deny host a ticket  HR-231 owner \"the team\" shadow", "deny host a shadow owner \"the team\" ticket HR-231"},
      {"deny host a owner \"host\"", "deny host a owner \"host\""},
  };
  for (const auto& [written, canonical] : cases) {
    const auto policy = compiled(std::string(written) + "\nallow\n");
    ASSERT_TRUE(policy) << written;
    EXPECT_EQ(policy->rules().front().text, canonical);
    EXPECT_EQ(compiled(std::string(canonical) + "\nallow\n")->rules().front().text, canonical);
  }
}

TEST(Conditions, SayTheStageOfEachRule) {
  const auto policy = compiled(
      "deny during mon\ndeny mode explicit\ndeny path /a\ndeny host a unless status 200\nset response field A \"b\" "
      "type "
      "a/b\nallow\n");
  EXPECT_EQ(policy->rules()[0].stage, Stage::packet);
  EXPECT_EQ(policy->rules()[1].stage, Stage::connection);
  EXPECT_EQ(policy->rules()[2].stage, Stage::request);
  EXPECT_EQ(policy->rules()[3].stage, Stage::response);
  EXPECT_EQ(policy->rules()[4].stage, Stage::response);
}

TEST(Sets, StandForTheirValuesInAnyCondition) {
  const auto policy = compiled(
      "deny host @vendors port @ports id a\ndeny url ~ @ads, \"x$\" id b\nallow\n"
      "set vendors .vendor.example, www.example.com\nset ports 80, 8000-8100\nset ads \"/ads/\", \"/ad\\.\"\n");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->rules()[0].text, "deny host @vendors port @ports id a");
  EXPECT_EQ(policy->decide(a_request()).rule_id, "a");
  Facts facts = a_request();
  facts.port = 81;
  facts.url = "http://www.example.com/ad.js";
  EXPECT_EQ(policy->decide(facts).rule_id, "b");
}

TEST(Includes, StandWhereTheyAreIncluded) {
  CompileOptions options;
  options.file_name = "main";
  options.include = [](const std::string& name, const std::string& from) -> std::expected<Source, std::string> {
    if (name == "guards") { return Source{"guards", "deny host www.example.com id g\ninclude \"deeper\"\n"}; }
    if (name == "deeper") { return Source{"deeper", "net lab 10.1.0.0/16\n\ndeny from lab id d\n"}; }
    return std::unexpected(name + " is not there, said " + from);
  };
  const auto policy = compiled("include \"guards\"\nallow from lab\ndeny\n", options);
  ASSERT_TRUE(policy);
  ASSERT_EQ(policy->rules().size(), 4u);
  EXPECT_EQ(policy->rules()[0].file, "guards");
  EXPECT_EQ(policy->rules()[1].file, "deeper");
  EXPECT_EQ(policy->rules()[1].line, 3);
  EXPECT_EQ(policy->rules()[2].file, "main");
  EXPECT_EQ(policy->included().size(), 2u);
  EXPECT_EQ(policy->decide(a_request()).rule_id, "g");
}

TEST(Includes, SayWhatIsWrongInWhichFile) {
  CompileOptions options;
  options.file_name = "main";
  options.include = [](const std::string& name, const std::string&) -> std::expected<Source, std::string> {
    if (name == "gone") { return std::unexpected("gone cannot be read: no such file"); }
    return Source{name, "deny hots a\ninclude \"main\"\n"};
  };
  const auto policy = Snapshot::compile("include \"a\"\ninclude \"gone\"\ninclude x\ninclude \"a\"\nallow\n", options);
  ASSERT_FALSE(policy);
  std::vector<std::string> places;
  for (const Diagnostic& error : policy.error()) {
    places.push_back(error.file + ':' + std::to_string(error.line) + ':' + std::to_string(error.column));
  }
  const std::vector<std::string> expected{"main:2:9", "main:3:9", "main:4:9", "a:1:6", "a:2:9"};
  EXPECT_EQ(places, expected);
  EXPECT_EQ(policy.error()[3].excerpt, "deny hots a");
}

TEST(Shadow, IsJudgedAndDecidesNothing) {
  const auto policy = compiled("deny host .example.com shadow id s\ndeny path /x shadow id t\nallow\n");
  Decision decision = policy->decide(a_request());
  EXPECT_EQ(decision.verdict, Verdict::allow);
  EXPECT_EQ(decision.shadow_verdict, Verdict::deny);
  EXPECT_EQ(decision.shadow_id, "s");
  EXPECT_FALSE(decision.shadow_is_pending);
  Facts facts = a_request();
  facts.host = "example.org";
  facts.path_and_query.reset();
  decision = policy->decide(facts);
  EXPECT_EQ(decision.verdict, Verdict::allow);
  EXPECT_TRUE(decision.shadow_is_pending);
  EXPECT_EQ(decision.shadow_verdict, Verdict::undecided);
}

TEST(Decision, SaysThatARuleAheadWhichSaysTheSameWaits) {
  const auto policy = compiled("allow to 192.0.2.0/24 id near\nallow id rest\n");
  Facts facts = a_request();
  facts.destination.reset();
  Decision decision = policy->decide(facts);
  EXPECT_EQ(decision.rule_id, "rest");
  EXPECT_TRUE(decision.earlier_is_pending);
  facts.destination = Address::parse("192.0.2.7");
  decision = policy->decide(facts);
  EXPECT_EQ(decision.rule_id, "near");
  EXPECT_FALSE(decision.earlier_is_pending);
}

TEST(Shadow, IsNoDefaultAndKeepsItsId) {
  EXPECT_EQ(test::errors_of("deny host a\nallow shadow\n").size(), 1u);
  const auto id = [](std::string_view rule) { return compiled(std::string(rule) + "\nallow\n")->rules().front().id; };
  EXPECT_EQ(id("deny host a shadow"), id("deny host a owner me ticket T-1"));
}

}  // namespace
}  // namespace sluice::policy
