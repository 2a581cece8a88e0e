#include "gateway/control/judge/judge.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

PolicyTest judged(std::string_view policy, const PolicyTestArguments& arguments) {
  const auto snapshot = policy::Snapshot::compile(policy, {});
  EXPECT_TRUE(snapshot);
  auto test = judge(**snapshot, arguments, std::chrono::sys_seconds(std::chrono::seconds(1'764'000'030)));
  EXPECT_TRUE(test) << (test ? "" : test.error().message);
  return test.value_or(PolicyTest{});
}

PolicyTestArguments request_of(std::string url, std::string to = "") {
  PolicyTestArguments arguments;
  arguments.url = std::move(url);
  arguments.to = std::move(to);
  return arguments;
}

// "request r, ..."
std::string rates_of(const PolicyTest& test) {
  std::string out;
  for (const auto& rate : test.rates) { out += (out.empty() ? "" : ", ") + rate.of + ' ' + rate.rule_id; }
  return out;
}

constexpr std::string_view kRates =
    "limit rate 1MB/s type video/* id by-type\nlimit rate 2MB/s to 192.0.2.0/24 id by-address\n"
    "limit rate 3MB/s path /slow id by-path\nlimit rate 4MB/s method CONNECT id by-method\nallow\n";

TEST(Judge, SaysTheRateOfRequestAndResponseAsEachIsChosen) {
  auto arguments = request_of("http://a.example/slow/film", "192.0.2.7");
  arguments.status = 200;
  EXPECT_EQ(rates_of(judged(kRates, arguments)), "request by-path, response by-address");
  arguments.type = "video/mp4";
  const auto video = judged(kRates, arguments);
  EXPECT_EQ(rates_of(video), "request by-path, response by-type");
  EXPECT_EQ(video.rates.back().octets, 1'000'000U);
  EXPECT_EQ(video.rates.back().rule, "limit rate 1MB/s type video/* id by-type");
  arguments.to = "198.51.100.1";
  arguments.type = "text/html";
  EXPECT_EQ(rates_of(judged(kRates, arguments)), "request by-path, response by-path");
  arguments.url = "http://a.example/";
  EXPECT_EQ(rates_of(judged(kRates, arguments)), "");
}

// A name's address is not known yet when a tunnel's rate is chosen; a host that is an address is.
TEST(Judge, SaysTheRateOfATunnel) {
  const auto test = judged(kRates, request_of("https://a.example/slow/film", "192.0.2.7"));
  EXPECT_EQ(rates_of(test), "tunnel by-method");
  EXPECT_EQ(test.settings, std::vector<std::string>{"limit rate 4MB/s method CONNECT id by-method"});
  EXPECT_EQ(rates_of(judged(kRates, request_of("https://192.0.2.7/"))), "tunnel by-address");
}

TEST(Judge, LeavesOutTheFragmentOfAUrl) {
  const auto test = judged("deny url ~ \"frag\"\nallow\n", request_of("http://a.example/x?q#frag"));
  EXPECT_EQ(test.url, "http://a.example/x?q");
  EXPECT_EQ(test.verdict, "allow");
  EXPECT_EQ(judged("allow\n", request_of("https://a.example#frag")).url, "a.example:443");
}

TEST(Judge, RefusesWhatItWouldIgnoreOfAResponse) {
  const auto snapshot = policy::Snapshot::compile("deny type image/*\nallow\n", {});
  ASSERT_TRUE(snapshot);
  const auto is_judged = [&](int status, const std::string& type, std::int64_t size, std::vector<std::string> fields) {
    auto arguments = request_of("http://a.example/");
    arguments.status = status;
    arguments.type = type;
    arguments.size = size;
    arguments.response_fields = std::move(fields);
    return judge(**snapshot, arguments, {}).has_value();
  };
  EXPECT_TRUE(is_judged(0, "", -1, {}));
  EXPECT_TRUE(is_judged(200, "image/png", 0, {"ETag: x"}));
  EXPECT_TRUE(is_judged(999, "", -1, {}));
  EXPECT_FALSE(is_judged(0, "image/png", -1, {}));
  EXPECT_FALSE(is_judged(0, "", 0, {}));
  EXPECT_FALSE(is_judged(0, "", -1, {"ETag: x"}));
  for (const int status : {-1, 1, 99, 1000}) { EXPECT_FALSE(is_judged(status, "", -1, {})) << status; }
}

}  // namespace
}  // namespace sluice::control
