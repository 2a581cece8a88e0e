// CPU time a message head: our parser against boost::beast::http::request_parser, in turn, best of several rounds. Then
// the cost of our parser on heads made to be expensive.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <time.h>

#include "gateway/http/forwarded_fields.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/target_uri.hpp"

namespace {

namespace beast_http = boost::beast::http;
namespace http = sluice::http;

constexpr int kRounds = 7;

double cpu_now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

std::uint64_t sink = 0;  // keeps results alive

// Nanoseconds of one call of `work`, over `times` of them.
template <typename Work>
double time_once(int times, Work& work) {
  const double start = cpu_now();
  for (int i = 0; i < times; ++i) { work(); }
  return (cpu_now() - start) / times;
}

std::string typical_request() {
  return "GET http://www.example.com/assets/site.css?v=20240611 HTTP/1.1\r\n"
         "Host: www.example.com\r\n"
         "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0 "
         "Safari/537.36\r\n"
         "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
         "Accept-Language: en-GB,en;q=0.5\r\n"
         "Accept-Encoding: gzip, deflate\r\n"
         "Referer: http://www.example.com/index.html\r\n"
         "Proxy-Connection: keep-alive\r\n"
         "Cookie: session=0123456789abcdef; theme=dark\r\n"
         "If-None-Match: \"5f2c-61a\"\r\n\r\n";
}

std::string small_request() {
  return "GET http://127.0.0.1:8080/1k HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
}

void parse_ours(std::string_view text, http::RequestHead& head) {
  std::size_t scanned = 0;
  const auto end = http::find_head_end(text, scanned);
  const auto parsed = http::parse_request_head(text.substr(0, end), {}, head);
  sink += parsed ? head.fields.size() : 0;
}

void parse_beast(std::string_view text) {
  beast_http::request_parser<beast_http::empty_body> parser;
  parser.header_limit(64 * 1024);
  boost::system::error_code failed;
  sink += parser.put(boost::asio::buffer(text.data(), text.size()), failed);
}

void compare(const char* name, const std::string& text) {
  http::RequestHead head;
  auto ours = [&] { parse_ours(text, head); };
  auto beast = [&] { parse_beast(text); };
  double best_ours = 1e18;
  double best_beast = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    best_ours = std::min(best_ours, time_once(20'000, ours));
    best_beast = std::min(best_beast, time_once(20'000, beast));
  }
  std::printf("%-28s %5zu octets   ours %7.0f ns   Beast %7.0f ns   ratio %.2f\n", name, text.size(), best_ours,
              best_beast, best_ours / best_beast);
}

void time_target(const std::string& text) {
  http::RequestHead head;
  http::TargetUri target;
  parse_ours(text, head);
  auto parse = [&] { sink += http::parse_proxy_target(head, target) ? target.text.size() : 0; };
  std::string out;
  http::ForwardOptions options;
  options.via_name = "sluice-0123";
  auto write = [&] {
    out.clear();
    http::write_request_head(head, target, options, out);
    sink += out.size();
  };
  double best_parse = 1e18;
  double best_write = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    best_parse = std::min(best_parse, time_once(20'000, parse));
    best_write = std::min(best_write, time_once(20'000, write));
  }
  std::printf("%-28s target URI %.0f ns, request head to send on %.0f ns\n", "  and then", best_parse, best_write);
}

// Heads of 64 KiB that make some parser slow. All of it: find the end, parse, name the target, write what is sent on.
void worst(const char* name, const std::string& fields) {
  const std::string text = "GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n" + fields + "\r\n";
  http::RequestHead head;
  http::TargetUri target;
  std::string out;
  auto all = [&] {
    std::size_t scanned = 0;
    std::size_t end = 0;
    for (std::size_t size = 1024; end == 0 && size < text.size() + 1024; size += 1024) {
      end = http::find_head_end(std::string_view(text).substr(0, size), scanned);
    }
    const auto parsed = http::parse_request_head(std::string_view(text).substr(0, end), {}, head);
    if (!parsed || !http::parse_proxy_target(head, target)) { return; }
    out.clear();
    http::write_request_head(head, target, {}, out);
    sink += out.size() + (http::passed_through(head.fields, "sluice") ? 1 : 0);
  };
  double best = 1e18;
  for (int round = 0; round < kRounds; ++round) { best = std::min(best, time_once(50, all)); }
  std::printf("%-28s %5zu octets   %8.1f us\n", name, text.size(), best / 1000);
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) { out += part; }
  return out;
}

}  // namespace

int main() {
  compare("small request", small_request());
  time_target(small_request());
  compare("typical request", typical_request());
  time_target(typical_request());
  worst("one long value", "X: " + std::string(65'000, 'a') + "\r\n");
  worst("one long name", std::string(65'000, 'a') + ": x\r\n");
  worst("199 fields", repeated("X-Field: " + std::string(310, 'v') + "\r\n", 199));
  worst("too many fields", repeated("a:b\r\n", 13'000));
  worst("tabs", "X: a" + std::string(65'000, '\t') + "b\r\n");
  worst("commas in Via", "Via: " + std::string(65'000, ',') + "\r\n");
  worst("long Connection and fields",
        "Connection: " + repeated("a,", 511) + "\r\n" + repeated("b: " + std::string(300, 'v') + "\r\n", 190));
  worst("bare CR all along", "X: a\r\n" + std::string(65'000, '\r') + "\r\n");
  worst("coding list", "Transfer-Encoding: " + repeated("a,", 32'000) + "chunked\r\n");
  return sink == 0 ? 1 : 0;
}
