#include "cache/cache_control.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cache/messages.hpp"

namespace sluice::cache {
namespace {

// The directives in one line, so that a table can hold them.
std::string describe(const CacheControl& c) {
  std::string out;
  const auto flag = [&](bool set, const char* name) { out += set ? std::string(name) + " " : ""; };
  const auto number = [&](const std::optional<Seconds>& value, const char* name) {
    if (value) { out += std::string(name) + "=" + std::to_string(value->count()) + " "; }
  };
  flag(c.no_store, "no-store"), flag(c.no_cache, "no-cache"), flag(c.private_, "private"), flag(c.public_, "public");
  flag(c.must_revalidate, "must-revalidate"), flag(c.proxy_revalidate, "proxy-revalidate");
  flag(c.must_understand, "must-understand"), flag(c.immutable, "immutable"), flag(c.only_if_cached, "only-if-cached");
  number(c.max_age, "max-age"), number(c.s_maxage, "s-maxage"), number(c.min_fresh, "min-fresh");
  number(c.max_stale, "max-stale"), number(c.stale_while_revalidate, "swr"), number(c.stale_if_error, "sie");
  for (const auto name : c.named_fields) { out.append("[").append(name).append("] "); }
  if (!out.empty()) { out.pop_back(); }
  return out;
}

struct Case {
  const char* name;
  const char* fields;
  const char* expected;
  const char* rfc;
};

TEST(CacheControl, DirectivesAreRead) {
  constexpr Case kCases[] = {
      {"absent", "", "", ""},
      {"several", "Cache-Control: public, max-age=60", "public max-age=60", "9111 5.2"},
      {"case", "Cache-Control: No-Store, MAX-AGE=5", "no-store max-age=5", "9111 5.2"},
      {"lines", "Cache-Control: public\nCache-Control: s-maxage=5", "public s-maxage=5", "9110 5.2"},
      {"empty members", "Cache-Control: ,, no-cache ,", "no-cache", "9110 5.6.1"},
      {"unknown ignored", "Cache-Control: foo, bar=1, max-age=5, baz=\"no-store, x\"", "max-age=5", "9111 5.2.3"},
      {"quoted number", "Cache-Control: max-age=\"60\"", "max-age=60", "9111 5.2"},
      {"first counts", "Cache-Control: max-age=1, max-age=100", "max-age=1", "9111 4.2.1"},
      {"first counts over lines", "Cache-Control: max-age=100\nCache-Control: max-age=1", "max-age=100", "9111 4.2.1"},
      {"2^31", "Cache-Control: max-age=2147483648", "max-age=2147483648", "9111 1.2.2"},
      {"over 2^31", "Cache-Control: max-age=2147483649", "max-age=2147483648", "9111 1.2.2"},
      {"far over", "Cache-Control: max-age=99999999999999999999999999", "max-age=2147483648", "9111 1.2.2"},
      {"leading zeros", "Cache-Control: max-age=0060", "max-age=60", "9111 1.2.2"},
      {"negative is stale", "Cache-Control: max-age=-1", "max-age=0", "9111 4.2.1"},
      {"fraction is stale", "Cache-Control: max-age=1.5", "max-age=0", "9111 4.2.1"},
      {"unit is stale", "Cache-Control: max-age=60s", "max-age=0", "9111 4.2.1"},
      {"empty is stale", "Cache-Control: max-age=", "max-age=0", "9111 4.2.1"},
      {"no argument is stale", "Cache-Control: max-age", "max-age=0", "9111 4.2.1"},
      {"single quotes are stale", "Cache-Control: max-age='60'", "max-age=0", "9111 4.2.1"},
      {"blank before =", "Cache-Control: max-age =60", "max-age=0", "9111 4.2.1"},
      {"blank after =", "Cache-Control: max-age= 60", "max-age=0", "9111 4.2.1"},
      {"blank inside quotes", "Cache-Control: max-age=\" 60\"", "max-age=0", "9111 4.2.1"},
      {"s-maxage unreadable", "Cache-Control: s-maxage=x, max-age=60", "max-age=60 s-maxage=0", "9111 4.2.1"},
      {"semicolons do not separate", "Cache-Control: max-age=60; public", "max-age=0", "9111 5.2"},
      {"no-cache qualified", "Cache-Control: no-cache=\"Set-Cookie, X\"", "[Set-Cookie] [X]", "9111 5.2.2.4"},
      {"no-cache token form", "Cache-Control: no-cache=Set-Cookie", "[Set-Cookie]", "9111 5.2.2.4"},
      {"no-cache both", "Cache-Control: no-cache=\"a\", no-cache", "no-cache [a]", "9111 5.2.2.4"},
      {"private qualified", "Cache-Control: private=\"x-user\"", "[x-user]", "9111 5.2.2.7"},
      {"private with nothing", "Cache-Control: private=\"\"", "private", "9111 5.2.2.7"},
      {"private with no names", "Cache-Control: private=\"a b\"", "private", "9111 5.2.2.7"},
      {"restriction with argument", "Cache-Control: no-store=1, must-revalidate=x", "no-store must-revalidate", ""},
      {"permission with argument", "Cache-Control: public=1, must-understand=1", "", "9111 5.2.2.9"},
      {"immutable with argument", "Cache-Control: immutable=1", "immutable", "8246 2"},
      {"stale extensions", "Cache-Control: stale-while-revalidate=5, stale-if-error=6", "swr=5 sie=6", "5861"},
      {"stale extensions unreadable", "Cache-Control: stale-while-revalidate, stale-if-error=x", "", "5861"},
      {"max-stale alone", "Cache-Control: max-stale", "max-stale=2147483648", "9111 5.2.1.2"},
      {"max-stale", "Cache-Control: max-stale=5", "max-stale=5", "9111 5.2.1.2"},
      {"max-stale unreadable", "Cache-Control: max-stale=x", "", "9111 5.2.1.2"},
      {"min-fresh", "Cache-Control: min-fresh=5, only-if-cached", "only-if-cached min-fresh=5", "9111 5.2.1.3"},
      {"open quote hides nothing", "Cache-Control: x=\"y, no-store", "no-store", ""},
      {"open quote and backslash", "Cache-Control: no-store, x=\"\\", "no-store", ""},
      {"quoted directive is none", "Cache-Control: \"no-store\"", "", "9111 5.2"},
      {"other fields", "CDN-Cache-Control: no-store\nPragma: no-cache", "", ""},
  };
  for (const auto& c : kCases) {
    const auto owned = lines(c.fields);
    EXPECT_EQ(describe(parse_cache_control(owned.fields())), c.expected) << c.name << ", RFC " << c.rfc;
  }
}

TEST(CacheControl, ValidTargetedFieldReplacesTheRest) {
  constexpr Case kCases[] = {
      {"replaces", "Cache-Control: no-store\nSluice-Directives: max-age=60", "max-age=60", "9213 2.2"},
      {"absent", "Cache-Control: no-store", "no-store", "9213 2.2"},
      {"empty", "Cache-Control: no-store\nSluice-Directives: ", "no-store", "9213 2.1"},
      {"trailing comma", "Cache-Control: no-store\nSluice-Directives: max-age=60,", "no-store", "9213 2.1"},
      {"empty member", "Cache-Control: no-store\nSluice-Directives: a,,b", "no-store", "9213 2.1"},
      {"upper-case key", "Cache-Control: no-store\nSluice-Directives: Max-Age=60", "no-store", "9213 2.1"},
      {"one bad line", "Cache-Control: public\nSluice-Directives: no-store\nSluice-Directives: &", "public",
       "9213 2.1"},
      {"two lines", "Sluice-Directives: public\nSluice-Directives: max-age=6", "public max-age=6", "9213 2.1"},
      {"last repeat counts", "Sluice-Directives: max-age=6, max-age=7", "max-age=7", "9651 3.2"},
      {"parameters ignored", "Sluice-Directives: max-age=60;a;b=\"c\", private;x=1", "private max-age=60", "9213 2.1"},
      {"false is absent", "Sluice-Directives: no-store=?0, public=?1", "public", "9213 2.1"},
      {"string is no number", "Cache-Control: public\nSluice-Directives: no-store, max-age=\"60\"", "public",
       "9213 2.1"},
      {"decimal is no number", "Cache-Control: public\nSluice-Directives: no-store, max-age=60.5", "public",
       "9213 2.1"},
      {"no number where none belongs", "Cache-Control: public\nSluice-Directives: no-store=1", "public", "9213 2.1"},
      {"true is no number", "Cache-Control: public\nSluice-Directives: max-age", "public", "9213 2.1"},
      {"private takes a string", "Sluice-Directives: private=\"a\"", "[a]", "9213 2.1"},
      {"private takes no number", "Cache-Control: public\nSluice-Directives: private=1", "public", "9213 2.1"},
      {"what is not known has any type", "Sluice-Directives: x=\"1\", max-age=6", "max-age=6", "9213 2.1"},
      {"negative", "Sluice-Directives: max-age=-5", "max-age=0", "9213 2.1"},
      {"over 2^31", "Sluice-Directives: max-age=999999999999999", "max-age=2147483648", "9111 1.2.2"},
      {"sixteen digits", "Cache-Control: public\nSluice-Directives: max-age=1000000000000000", "public", "9651 4.2.4"},
      {"string names fields", "Sluice-Directives: private=\"a, b\"", "[a] [b]", "9213 2.1"},
      {"open string", "Cache-Control: public\nSluice-Directives: private=\"a", "public", "9651 4.2.5"},
      {"every type parses", "Sluice-Directives: a=:eA==:, b=(1 \"x\";y t), c=@5, d=%\"x\", e=*t/:, f=1.5, max-age=3",
       "max-age=3", "9651 3.3"},
      {"inner list open", "Cache-Control: public\nSluice-Directives: a=(1 2, max-age=3", "public", "9651 4.2.1.2"},
      {"tab before comma", "Sluice-Directives: public\t,\tmax-age=3", "public max-age=3", "9651 4.2.2"},
      {"no member separator", "Cache-Control: public\nSluice-Directives: max-age=3 no-store", "public", "9651 4.2.2"},
  };
  for (const auto& c : kCases) {
    const auto owned = lines(c.fields);
    EXPECT_EQ(describe(response_directives(owned.fields())), c.expected) << c.name << ", RFC " << c.rfc;
  }
}

struct TargetsCase {
  const char* name;
  std::vector<std::string> targets;
  const char* fields;
  const char* expected;
};

// RFC 9213 2.2: "the cache ... selects the first (in target list order) field with a valid, non-empty value".
TEST(CacheControl, TheFirstValidTargetOfTheListGoverns) {
  const std::vector<std::string> both = {"A-Cache-Control", "CDN-Cache-Control"};
  const TargetsCase kCases[] = {
      {"first of two", both, "CDN-Cache-Control: max-age=1\nA-Cache-Control: max-age=2", "max-age=2"},
      {"order of the list",
       {both[1], both[0]},
       "CDN-Cache-Control: max-age=1\nA-Cache-Control: max-age=2",
       "max-age=1"},
      {"first is not valid", both, "A-Cache-Control: max-age=x\nCDN-Cache-Control: max-age=1", "max-age=1"},
      {"first is empty", both, "A-Cache-Control:\nCDN-Cache-Control: max-age=1", "max-age=1"},
      {"only the second", both, "CDN-Cache-Control: max-age=1", "max-age=1"},
      {"not on the list", {both[0]}, "CDN-Cache-Control: max-age=1", ""},
      {"no list", {}, "CDN-Cache-Control: max-age=1", ""},
      {"none valid", both, "A-Cache-Control: &\nCDN-Cache-Control: =", ""},
      {"name in another case", {"cdn-cache-control"}, "CDN-Cache-Control: max-age=1", "max-age=1"},
      {"two lines", both, "CDN-Cache-Control: max-age=1\nCDN-Cache-Control: private=\"x\"", "max-age=1, private=\"x\""},
      {"nothing known", both, "CDN-Cache-Control: x", "x"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(governing_directives(lines(c.fields).fields(), c.targets), c.expected) << c.name;
  }
}

TEST(CacheControl, TooManyNamedFieldsRestrictTheWhole) {
  std::string value = "private=\"";
  for (int i = 0; i < 100; ++i) { value += "x" + std::to_string(i) + ","; }
  value += '"';
  const Field field{"Cache-Control", value, FieldName::cache_control};
  EXPECT_TRUE(parse_cache_control({&field, 1}).private_);
}

TEST(CacheControl, DictionaryWithTooManyKeysIsIgnored) {
  std::string value;
  for (int i = 0; i < 2000; ++i) { value += "k" + std::to_string(i) + ", "; }
  const Field field{"Sluice-Directives", value += "no-store", FieldName::sluice_directives};
  EXPECT_FALSE(parse_targeted_cache_control({&field, 1}, field.name).has_value());
}

}  // namespace
}  // namespace sluice::cache
