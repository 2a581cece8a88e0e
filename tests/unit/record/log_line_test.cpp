#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "gateway/record/access_log.hpp"
#include "tests/unit/record/sample_record.hpp"

namespace sluice::record {
namespace {

using Forward = cache::CacheStatus::Forward;

std::string line(const AccessRecord& record, LogFormat format) {
  std::string out;
  append_line(record, format, out);
  return out;
}

TEST(LogLine, JsonHoldsWhatIsKnownAndLeavesOutTheRest) {
  EXPECT_EQ(line(sample_record(), LogFormat::json),
            R"({"time":"2026-02-03T04:05:06.007Z","id":"00112233aabbccdd","client":"192.0.2.7",)"
            R"("listener":"192.0.2.1:3128","mode":"explicit",)"
            R"("method":"GET","url":"http://example.com/a?b=c","version":"HTTP/1.1","status":200,"received":321,)"
            R"("sent":4567,"duration_us":12345,"first_byte_us":2345,"type":"text/html; charset=utf-8",)"
            R"("referer":"http://example.com/","agent":"curl/8.0","verdict":"allow","rule":"r-3","reason":"web",)"
            R"("policy":9,"cache":"hit","cache_ttl":30})"
            "\n");
  AccessRecord unread;
  unread.error = ErrorKind::http_request_error;
  unread.status = 400;
  EXPECT_EQ(line(unread, LogFormat::json),
            R"({"time":"1970-01-01T00:00:00.000Z","version":"HTTP/1.1","status":400,"received":0,"sent":0,)"
            R"("duration_us":0,"cache":"error","error":"http_request_error"})"
            "\n");
}

TEST(LogLine, JsonTellsWhereAForwardedRequestWent) {
  AccessRecord record = forwarded_record();
  record.through_parent = true;
  record.cache.forward_status = 206;
  record.cache.collapsed = true;
  const auto json = nlohmann::json::parse(line(record, LogFormat::json));
  EXPECT_EQ(json["cache"], "collapsed");
  EXPECT_EQ(json["cache_fwd"], "uri-miss");
  EXPECT_EQ(json["cache_fwd_status"], 206);
  EXPECT_EQ(json["cause"], "cold");
  EXPECT_EQ(json["stored"], true);
  EXPECT_EQ(json["collapsed"], true);
  EXPECT_EQ(json["upstream"], "198.51.100.4:80");
  EXPECT_EQ(json["parent"], true);
}

TEST(LogLine, JsonSaysThatTheQueryWasStripped) {
  AccessRecord record = sample_record();
  EXPECT_FALSE(nlohmann::json::parse(line(record, LogFormat::json)).contains("query"));
  record.url = "http://example.com/a";
  record.is_query_stripped = true;
  EXPECT_EQ(nlohmann::json::parse(line(record, LogFormat::json))["query"], "stripped");
}

TEST(LogLine, TheUserStandsWhereEachFormatHasIt) {
  AccessRecord record = sample_record();
  record.user = "alice";
  EXPECT_EQ(nlohmann::json::parse(line(record, LogFormat::json))["user"], "alice");
  EXPECT_NE(line(record, LogFormat::squid).find(" http://example.com/a?b=c alice HIER_NONE/- "), std::string::npos);
  EXPECT_TRUE(line(record, LogFormat::combined).starts_with("192.0.2.7 - alice [03/Feb/2026"));
}

TEST(LogLine, JsonHasTheHelloOfATunnelThatWasAskedForIt) {
  AccessRecord record = sample_record();
  EXPECT_FALSE(nlohmann::json::parse(line(record, LogFormat::json)).contains("hello"));
  record.hello = "none";
  const auto none = nlohmann::json::parse(line(record, LogFormat::json));
  EXPECT_EQ(none["hello"], "none");
  EXPECT_FALSE(none.contains("sni") || none.contains("alpn") || none.contains("ech"));
  record.hello = "tls";
  record.server_name = "www.example.com";
  record.protocols = "h2,http/1.1";
  record.has_ech = true;
  const auto json = nlohmann::json::parse(line(record, LogFormat::json));
  EXPECT_EQ(json["sni"], "www.example.com");
  EXPECT_EQ(json["alpn"], "h2,http/1.1");
  EXPECT_EQ(json["ech"], true);
}

TEST(LogLine, HostileTextStaysInsideItsPlaceInEveryFormat) {
  AccessRecord record = sample_record();
  record.client = "1 2\n";
  record.user = "J \"\n";
  record.method = "G\"ET\n";
  record.url = "http://a/\r\n\" \xff\\";
  record.referer = "\"\n[\xe2\x80\xa8";
  record.user_agent = "\\\" x\r";
  record.content_type = "a b\n";
  record.http_version = "HTTP/1.1\"\n";
  record.upstream = "1.2.3.4 \n:80";
  record.hello = "tls";
  record.protocols = "h2,\"\n\xff";
  for (const LogFormat format : {LogFormat::json, LogFormat::squid, LogFormat::combined}) {
    const std::string text = line(record, format);
    EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
    EXPECT_EQ(text.back(), '\n');
    EXPECT_EQ(std::ranges::count(text, '\r'), 0) << text;
  }
  EXPECT_TRUE(nlohmann::json::accept(line(record, LogFormat::json)));
  EXPECT_EQ(
      line(record, LogFormat::combined),
      "1%202%0A - J%20%22%0A [03/Feb/2026:04:05:06 +0000] \"G\\\"ET\\n http://a/\\r\\n\\\" \\xff\\\\ HTTP/1.1\\\"\\n\" "
      "200 4567 \"\\\"\\n[\\xe2\\x80\\xa8\" \"\\\\\\\" x\\r\"\n");
}

TEST(LogLine, CombinedIsApaches) {
  AccessRecord record = sample_record();
  record.sent_heads = 567;
  EXPECT_EQ(line(record, LogFormat::combined),
            "192.0.2.7 - - [03/Feb/2026:04:05:06 +0000] \"GET http://example.com/a?b=c HTTP/1.1\" 200 4000 "
            "\"http://example.com/\" \"curl/8.0\"\n");
  AccessRecord unread;
  EXPECT_EQ(line(unread, LogFormat::combined), "- - - [01/Jan/1970:00:00:00 +0000] \"-\" 000 0 \"-\" \"-\"\n");
}

TEST(LogLine, SquidIsSquidsNativeFormat) {
  EXPECT_EQ(line(sample_record(), LogFormat::squid),
            "1770091506.007     12 192.0.2.7 TCP_HIT/200 4567 GET http://example.com/a?b=c - HIER_NONE/- text/html\n");
  AccessRecord record = forwarded_record();
  EXPECT_EQ(line(record, LogFormat::squid),
            "1770091506.007     12 192.0.2.7 TCP_MISS/200 4567 GET http://example.com/a?b=c - "
            "HIER_DIRECT/198.51.100.4 text/html\n");
  record.upstream = "[2001:db8::1]:3128";
  record.through_parent = true;
  record.content_type = "";
  EXPECT_EQ(line(record, LogFormat::squid),
            "1770091506.007     12 192.0.2.7 TCP_MISS/200 4567 GET http://example.com/a?b=c - "
            "FIRSTUP_PARENT/2001:db8::1 -\n");
  EXPECT_EQ(line(with_error(AccessRecord{}, ErrorKind::http_request_error, 400), LogFormat::squid),
            "0.000      0 - NONE_NONE/400 0 - error:invalid-request - HIER_NONE/- -\n");
}

TEST(LogLine, SquidCodesAreThoseThatItsReadersKnow) {
  const auto forwarded = [](Forward forward, int answered) {
    AccessRecord record = forwarded_record();
    record.cache.forward = forward;
    record.cache.forward_status = answered;
    return record;
  };
  AccessRecord from_memory = sample_record();
  from_memory.from_memory = true;
  AccessRecord stale = sample_record();
  stale.cache.ttl = cache::Seconds(-1);
  stale.cache.cause = cache::MissCause::expired;
  AccessRecord saved = stale;
  saved.cache.cause = cache::MissCause::error;
  AccessRecord denied = sample_record();
  denied.cache = {};
  denied.decision.verdict = policy::Verdict::deny;
  AccessRecord redirected = sample_record();
  redirected.decision.verdict = policy::Verdict::redirect;
  redirected.status = 302;
  AccessRecord tunnel = sample_record();
  tunnel.cache = {};
  tunnel.tunnel = true;
  AccessRecord collapsed = forwarded_record();
  collapsed.cache.collapsed = true;
  AccessRecord local = sample_record();
  local.cache = {};
  const std::pair<AccessRecord, std::string> cases[] = {
      {from_memory, " TCP_MEM_HIT/200 "},
      {stale, " TCP_HIT/200 "},
      {saved, " TCP_REFRESH_FAIL_OLD/200 "},
      {denied, " TCP_DENIED/200 "},
      {redirected, " TCP_REDIRECT/302 "},
      {tunnel, " TCP_TUNNEL/200 "},
      {collapsed, " TCP_CF_HIT/200 "},
      {local, " NONE_NONE/200 "},
      {forwarded(Forward::stale, 304), " TCP_REFRESH_UNMODIFIED/200 "},
      {forwarded(Forward::stale, 0), " TCP_REFRESH_MODIFIED/200 "},
      {forwarded(Forward::request, 0), " TCP_CLIENT_REFRESH_MISS/200 "},
      {forwarded(Forward::bypass, 0), " TCP_MISS/200 "},
      {with_error(forwarded_record(), ErrorKind::client_gone, 200), " TCP_MISS_ABORTED/200 "},
      {with_error(forwarded_record(), ErrorKind::connection_timeout, 504), " TCP_MISS_TIMEDOUT/504 "},
      {with_error(forwarded_record(), ErrorKind::connection_refused, 502), " TCP_MISS/502 "},
  };
  for (const auto& [record, expected] : cases) {
    EXPECT_THAT(line(record, LogFormat::squid), testing::HasSubstr(expected));
  }
}

TEST(LogLine, NoneWritesNothing) {
  EXPECT_EQ(line(sample_record(), LogFormat::none), "");
}

}  // namespace
}  // namespace sluice::record
