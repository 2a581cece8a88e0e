#include "gateway/control/judge/logged_exchange.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

using namespace std::chrono_literals;

std::string padded(std::string_view line) {
  return std::string(line) + std::string(LogReader::kPadding, ' ');
}

class LoggedExchangeTest : public testing::Test {
 protected:
  std::expected<LoggedExchange, std::string_view> read(std::string_view line) {
    text_ = padded(line);
    return reader_.read(std::string_view(text_).substr(0, line.size()));
  }

  LogReader reader_;
  std::string text_;
};

TEST_F(LoggedExchangeTest, IsWhatTheLineSays) {
  const auto exchange =
      read(R"({"time":"2026-02-03T04:05:06.007Z","id":"00112233aabbccdd","client":"192.0.2.7",)"
           R"("listener":"192.0.2.1:3128","mode":"explicit","method":"GET","url":"http://example.com/a?b=\"c",)"
           R"("version":"HTTP/1.1","status":200,"received":321,"sent":4567,"duration_us":12345,"type":"text/html",)"
           R"("verdict":"allow","rule":"r-3","reason":"web","policy":9,"cache":"hit","cache_ttl":-30,"stored":true,)"
           R"("upstream":"[2001:db8::1]:80","later":{"unknown":[1,2.5,null]}})");
  ASSERT_TRUE(exchange) << exchange.error();
  EXPECT_EQ(exchange->time, std::chrono::sys_seconds(1770091506s));
  EXPECT_EQ(exchange->id, "00112233aabbccdd");
  EXPECT_EQ(exchange->client, "192.0.2.7");
  EXPECT_EQ(exchange->listener, "192.0.2.1:3128");
  EXPECT_EQ(exchange->mode, "explicit");
  EXPECT_EQ(exchange->method, "GET");
  EXPECT_EQ(exchange->url, "http://example.com/a?b=\"c");
  EXPECT_EQ(exchange->destination, "2001:db8::1");
  EXPECT_EQ(exchange->type, "text/html");
  EXPECT_EQ(exchange->verdict, "allow");
  EXPECT_EQ(exchange->rule, "r-3");
  EXPECT_EQ(exchange->policy, 9U);
  EXPECT_EQ(exchange->status, 200);
}

TEST_F(LoggedExchangeTest, OtherLinesAreRefused) {
  for (const auto* line :
       {"", "x", "[]", "{}", "{\"time\":1}", "{\"time\":\"2026-02-03\"}", "\"text\"",
        R"({"time":"2026-02-03T04:05:06.007Z","url":7})", R"({"time":"2026-02-03T04:05:06.007Z","status":-1})",
        R"({"time":"2026-02-03T04:05:06.007Z"} {})", R"({"time":"2026-02-03T04:05:06.007Z")",
        "1770091506.007     12 192.0.2.7 TCP_HIT/200 4567 GET http://a.example/ - HIER_NONE/- -"}) {
    EXPECT_FALSE(read(line)) << line;
  }
}

TEST_F(LoggedExchangeTest, TimesAreReadToTheLetter) {
  EXPECT_EQ(parse_log_time("1970-01-01T00:00:01.999Z"), std::chrono::sys_seconds(1s));
  for (const auto* text :
       {"1970-13-01T00:00:01.999Z", "1970-02-30T00:00:01.999Z", "1970-01-01T24:00:01.999Z", "1970-01-01T00:60:01.999Z",
        "1970-01-01 00:00:01.999Z", "1970-01-01T00:00:01Z", "1970-01-01T00:00:01.999", "197x-01-01T00:00:01.999Z"}) {
    EXPECT_FALSE(parse_log_time(text)) << text;
  }
}

TEST_F(LoggedExchangeTest, FactsAreThoseThatThePolicyHad) {
  const auto exchange = read(
      R"({"time":"2026-02-03T04:05:06.007Z","client":"192.0.2.7","mode":"explicit","method":"GET",)"
      R"("url":"http://example.com:8080/a/../b","status":404,"type":"text/html","verdict":"allow","to":"198.51.100.1"})");
  ASSERT_TRUE(exchange);
  const auto facts = reader_.facts_of(*exchange);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->client->text(), "192.0.2.7");
  EXPECT_EQ(facts->destination->text(), "198.51.100.1");
  EXPECT_FALSE(facts->destination_resolved_elsewhere);
  EXPECT_EQ(facts->port, 8080);
  EXPECT_EQ(facts->host, "example.com");
  EXPECT_EQ(facts->authority, "");
  EXPECT_EQ(facts->url, "http://example.com:8080/b");
  EXPECT_EQ(facts->status, 404);
  EXPECT_FALSE(facts->listener);
  ASSERT_TRUE(facts->fields);
  EXPECT_FALSE(facts->fields->knows(facts->fields->message, "cookie")) << "the log does not have it";
  EXPECT_EQ(facts->now, std::chrono::sys_seconds(1770091506s));
}

TEST_F(LoggedExchangeTest, TheFewFieldsOfTheLogAreKnown) {
  const auto exchange =
      read(R"({"time":"2026-02-03T04:05:06.007Z","method":"GET","url":"http://example.com/","status":200,)"
           R"("type":"text/html","agent":"curl/8","verdict":"allow"})");
  ASSERT_TRUE(exchange);
  const auto facts = reader_.facts_of(*exchange);
  ASSERT_TRUE(facts && facts->fields && facts->response_fields);
  const auto value = [](const policy::FieldLines& lines, std::string_view name) {
    std::string found = lines.knows(lines.message, name) ? "none" : "unknown";
    const auto keep = [](void* out, std::string_view text) {
      *static_cast<std::string*>(out) = text;
      return true;
    };
    lines.any(lines.message, name, keep, &found);
    return found;
  };
  EXPECT_EQ(value(*facts->fields, "user-agent"), "curl/8");
  EXPECT_EQ(value(*facts->fields, "referer"), "none");
  EXPECT_EQ(value(*facts->fields, "cookie"), "unknown");
  EXPECT_EQ(value(*facts->response_fields, "content-type"), "text/html");
  EXPECT_EQ(value(*facts->response_fields, "server"), "unknown");
}

TEST_F(LoggedExchangeTest, AQueryThatWasStrippedIsNotKnown) {
  const auto exchange = read(
      R"({"time":"2026-02-03T04:05:06.007Z","method":"GET","url":"http://example.com/a","query":"stripped","verdict":"allow"})");
  ASSERT_TRUE(exchange && exchange->is_query_stripped);
  const auto facts = reader_.facts_of(*exchange);
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->url);
  EXPECT_TRUE(facts->query_is_unknown);
  EXPECT_EQ(facts->path_and_query, "/a");
  EXPECT_EQ(facts->host, "example.com");
  EXPECT_FALSE(read(R"({"time":"2026-02-03T04:05:06.007Z","query":"other"})"));
}

TEST_F(LoggedExchangeTest, ATunnelHasAnAuthorityAndNoResponse) {
  const auto exchange = read(
      R"({"time":"2026-02-03T04:05:06.007Z","method":"CONNECT","url":"example.com:443","status":200,"verdict":"allow"})");
  ASSERT_TRUE(exchange);
  const auto facts = reader_.facts_of(*exchange);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->authority, "example.com");
  EXPECT_EQ(facts->port, 443);
  EXPECT_TRUE(facts->has_no_response);
  EXPECT_FALSE(facts->status);
  EXPECT_TRUE(facts->destination_resolved_elsewhere);
}

TEST_F(LoggedExchangeTest, ATunnelHasTheHelloThatTheLogHas) {
  const auto hello_of = [&](std::string_view method, std::string_view members) {
    const auto exchange = read(R"({"time":"2026-02-03T04:05:06.007Z","method":")" + std::string(method) +
                               R"(","url":")" + (method == "GET" ? "http://example.com/" : "example.com:443") +
                               R"(","verdict":"allow")" + std::string(members) + "}");
    EXPECT_TRUE(exchange) << members;
    return reader_.facts_of(*exchange)->hello;
  };
  const auto hello = hello_of("CONNECT", R"(,"hello":"tls","sni":"example.com","alpn":"h2,http/1.1","ech":true)");
  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->is_tls && hello->has_ech);
  EXPECT_EQ(hello->server_name, "example.com");
  EXPECT_EQ(std::vector(hello->protocols.begin(), hello->protocols.end()),
            (std::vector<std::string_view>{"h2", "http/1.1"}));
  EXPECT_FALSE(hello_of("CONNECT", "")) << "nobody asked for it";
  const auto none = hello_of("CONNECT", R"(,"hello":"none")");
  EXPECT_TRUE(none && !none->is_tls && none->server_name.empty());
  EXPECT_TRUE(hello_of("GET", "")) << "other requests have none";
}

TEST_F(LoggedExchangeTest, ATargetThatCannotBeReadHasNone) {
  const auto exchange = read(R"({"time":"2026-02-03T04:05:06.007Z","method":"GET","url":"nonsense","verdict":"deny"})");
  ASSERT_TRUE(exchange);
  EXPECT_FALSE(reader_.facts_of(*exchange));
}

}  // namespace
}  // namespace sluice::control
