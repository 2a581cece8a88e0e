#include "gateway/http/error_page.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "gateway/http/error_page_content.hpp"

namespace sluice::http {
namespace {

GeneratedAnswer denial() {
  GeneratedAnswer answer;
  answer.status = 403;
  answer.kind = ErrorKind::http_request_denied;
  answer.reason = "Games are \"off\" until <17:00>.";
  answer.rule = "no-games";
  answer.policy_version = "v7";
  answer.request_id = "01ABC";
  answer.target = "http://games.example/?a=1&b=<script>";
  answer.date = "Thu, 01 Jan 1970 00:00:00 GMT";
  return answer;
}

std::string text_of(const GeneratedAnswer& answer) {
  std::string out;
  const auto head = append_answer(answer, out);
  EXPECT_EQ(out.substr(0, head).find("\r\n\r\n"), head - 4);
  return out;
}

// The answer must be a message that our own strict parser reads; returns its content.
std::string content_of(const std::string& text, Method method = Method::get) {
  std::size_t scanned = 0;
  const auto end = find_head_end(text, scanned);
  ResponseHead head;
  const auto parsed = parse_response_head(std::string_view(text).substr(0, end), {}, method, head);
  EXPECT_TRUE(parsed) << text;
  if (method != Method::head) { EXPECT_EQ(text.size() - end, head.content_length); }
  return text.substr(end);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(GeneratedAnswer, OfADenialIsToldApartFromTheOrigins) {
  const auto text = text_of(denial());
  EXPECT_TRUE(text.starts_with(
      "HTTP/1.1 403 Forbidden\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/html; charset=utf-8\r\n"));
  EXPECT_TRUE(has(text, "Cache-Control: no-store\r\n"));
  EXPECT_TRUE(has(text, "X-Content-Type-Options: nosniff\r\n"));
  EXPECT_TRUE(has(text, "frame-ancestors 'none'"));
  EXPECT_TRUE(has(text, "Connection: close\r\n"));
  EXPECT_TRUE(has(text,
                  "Proxy-Status: sluice; error=http_request_denied; details=\"Games are \\\"off\\\" until <17:00>. "
                  "(rule no-games)\"; request=\"01ABC\"\r\n"));
  const auto content = content_of(text);
  EXPECT_TRUE(has(content, "<title>Blocked by policy</title>"));
  EXPECT_TRUE(has(content, "Games are &quot;off&quot; until &lt;17:00&gt;."));
  EXPECT_TRUE(has(content, "http://games.example/?a=1&amp;b=&lt;script&gt;"));
  EXPECT_TRUE(has(content, "no-games"));
  EXPECT_TRUE(has(content, "01ABC"));
  EXPECT_TRUE(has(content, "v7"));
  EXPECT_FALSE(has(content, "<script"));
  EXPECT_FALSE(has(content, "src="));
  EXPECT_FALSE(has(content, "href="));
}

TEST(GeneratedAnswer, IsJsonWhenAskedFor) {
  auto answer = denial();
  answer.accept = "application/json";
  answer.keep_alive = true;
  const auto text = text_of(answer);
  EXPECT_TRUE(has(text, "Content-Type: application/json\r\n"));
  EXPECT_TRUE(has(text, "Connection: keep-alive\r\n"));
  EXPECT_EQ(content_of(text),
            "{\"source\":\"gateway\",\"status\":403,\"title\":\"Blocked by policy\",\"error\":\"http_request_denied\","
            "\"reason\":\"Games are \\\"off\\\" until <17:00>.\",\"rule\":\"no-games\",\"policy_version\":\"v7\","
            "\"url\":\"http://games.example/?a=1&b=<script>\",\"request_id\":\"01ABC\",\"gateway\":\"sluice\"}\n");
}

TEST(GeneratedAnswer, OfARedirectLinksToWhereItLeads) {
  GeneratedAnswer answer = denial();
  answer.status = 302;
  answer.kind.reset();
  answer.location = "https://new.example/?a=b&c";
  const std::array<cache::Field, 1> fields{{{"Location", answer.location}}};
  answer.extra = fields;
  const auto text = text_of(answer);
  EXPECT_NE(text.find("\r\nLocation: https://new.example/?a=b&c\r\n"), text.npos);
  EXPECT_NE(text.find("<a href=\"https://new.example/?a=b&amp;c\">"), text.npos);
  EXPECT_EQ(text.find("error="), text.npos);
  answer.accept = "application/json";
  EXPECT_NE(text_of(answer).find(R"("location":"https://new.example/?a=b&c")"), std::string::npos);
}

TEST(GeneratedAnswer, ToHeadHasNoContentAndToConnectHas) {
  auto answer = denial();
  answer.method = Method::head;
  EXPECT_EQ(content_of(text_of(answer), Method::head), "");
  answer.method = Method::connect;
  EXPECT_TRUE(has(content_of(text_of(answer), Method::connect), "Blocked by policy"));
}

TEST(GeneratedAnswer, OfAFailureSaysWhatFailed) {
  GeneratedAnswer answer;
  answer.status = 502;
  answer.kind = ErrorKind::connection_refused;
  answer.gateway = "edge 1";
  answer.date = "now";
  const auto text = text_of(answer);
  EXPECT_TRUE(has(text, "HTTP/1.1 502 Bad Gateway\r\n"));
  EXPECT_TRUE(has(text, "Proxy-Status: \"edge 1\"; error=connection_refused\r\n"));
  EXPECT_TRUE(has(content_of(text), "<title>The site could not be reached</title>"));
  EXPECT_FALSE(has(text, "class=\"denied\""));
}

TEST(GeneratedAnswer, HasATitleForEveryKind) {
  for (int i = 0; i < static_cast<int>(ErrorKind::count_); ++i) {
    GeneratedAnswer answer;
    answer.kind = static_cast<ErrorKind>(i);
    EXPECT_FALSE(title_of(answer).empty());
    EXPECT_TRUE(is_token(proxy_error_type(*answer.kind)));
    content_of(text_of(answer));
  }
}

TEST(GeneratedAnswer, CannotBeBrokenByWhatItQuotes) {
  auto answer = denial();
  answer.reason = "a\r\nSet-Cookie: x=y\r\n\r\n<b>\xff\"\\";
  answer.target = "http://x/\"><img onerror='x'>\xc3";
  const Field extra[] = {{"Retry-After", "5", FieldName::other}, {"X-Bad", "a\r\nb: c", FieldName::other}};
  answer.extra = extra;
  const auto text = text_of(answer);
  const auto content = content_of(text);
  EXPECT_FALSE(has(text, "\nSet-Cookie"));
  EXPECT_FALSE(has(text, "X-Bad"));
  EXPECT_TRUE(has(text, "Retry-After: 5\r\n"));
  EXPECT_FALSE(has(content, "<b>"));
  EXPECT_FALSE(has(content, "<img"));
  EXPECT_TRUE(has(content, "&lt;img onerror=&#39;x&#39;&gt;\xef\xbf\xbd"));
  answer.accept = "application/json";
  EXPECT_TRUE(has(text_of(answer),
                  "\"reason\":\"a\\u000d\\u000aSet-Cookie: x=y\\u000d\\u000a\\u000d\\u000a<b>\xef\xbf\xbd\\\"\\\\\""));
}

TEST(Accept, DecidesBetweenJsonAndHtml) {
  const struct {
    const char* accept;
    bool json;
  } cases[] = {
      {"", false},
      {"*/*", false},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", false},
      {"application/json", true},
      {"APPLICATION/JSON", true},
      {"application/problem+json", true},
      {"application/json, text/plain, */*", true},
      {"application/json;q=0.5, text/html", false},
      {"application/json, text/html;q=0.5", true},
      {"text/html, application/json", false},
      {"application/*", true},
      {"text/*, application/json;q=0.9", false},
      {"text/*;q=0.8, application/json;q=0.9", true},
      {"application/json;q=0, */*", false},
      {"application/json;q=0", false},
      {"application/json; charset=utf-8; q=0.3, text/html; q=0.35", false},
      {"application/json;q=0.351, text/html;q=0.35", true},
      {"image/png", false},
      {"text/plain", false},
  };
  for (const auto& test : cases) { EXPECT_EQ(prefers_json(test.accept), test.json) << test.accept; }
}

}  // namespace
}  // namespace sluice::http
