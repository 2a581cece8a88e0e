#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/control_server/running_daemon.hpp"

namespace sluice::control::test {
namespace {

// A blocking HTTP client that sends what it is told and reads to the end.
class HttpClient {
 public:
  explicit HttpClient(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    to.sin_port = ::htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~HttpClient() { ::close(socket_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  std::string exchange(std::string_view octets) {
    ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
    ::shutdown(socket_, SHUT_WR);
    std::string text;
    char piece[4096];
    for (ssize_t count = 0; (count = ::recv(socket_, piece, sizeof piece, 0)) > 0;) {
      text.append(piece, static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  int socket_;
};

std::string get(const RunningDaemon& daemon, std::string_view request_line, std::string_view more = "") {
  return HttpClient(daemon.metrics_address())
      .exchange(std::string(request_line) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + std::string(more) +
                "\r\n");
}

std::string_view content(std::string_view response) {
  const auto end = response.find("\r\n\r\n");
  return end == std::string_view::npos ? "" : response.substr(end + 4);
}

TEST(MetricsListener, GivesTheExposition) {
  RunningDaemon daemon;
  daemon.counters().requests[static_cast<std::size_t>(record::Outcome::hit)].add(7);
  const auto response = get(daemon, "GET /metrics");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 ")) << response;
  EXPECT_NE(response.find("text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(response.find("sluice_requests_total{outcome=\"hit\"} 7\n"), std::string::npos);
  EXPECT_NE(response.find("sluice_policy_version 1\n"), std::string::npos);
  EXPECT_NE(response.find("sluice_workers 1\n"), std::string::npos);
  EXPECT_EQ(response.find("sluice_memory_rss_bytes 0\n"), std::string::npos);
}

TEST(MetricsListener, AnswersByPathAndMethod) {
  struct Case {
    std::string_view request_line;
    std::string_view status;
    std::string_view part;
  };
  const Case cases[] = {
      {"GET /healthz", "200", "ok"},           {"GET /healthz?x", "200", "ok"},
      {"GET /", "200", "href=\"/metrics\""},   {"GET /nothing", "404", "/metrics"},
      {"GET /metrics/", "404", "/metrics"},    {"POST /metrics", "405", "Allow: GET, HEAD"},
      {"DELETE /", "405", "Allow: GET, HEAD"}, {"get /metrics", "405", "Allow: GET, HEAD"},
  };
  const RunningDaemon daemon;
  for (const auto& [request_line, status, part] : cases) {
    const auto response = get(daemon, request_line);
    EXPECT_EQ(response.substr(0, 13), "HTTP/1.1 " + std::string(status) + " ") << request_line;
    EXPECT_NE(response.find(part), std::string::npos) << request_line;
  }
}

TEST(MetricsListener, HeadHasTheFieldsOfGetAndNoContent) {
  const RunningDaemon daemon;
  const auto response = get(daemon, "HEAD /healthz");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(response.find("Content-Length: 3\r\n"), std::string::npos) << response;
  EXPECT_EQ(content(response), "");
}

TEST(MetricsListener, AnswersSeveralRequestsOfAConnection) {
  const RunningDaemon daemon;
  const auto text = HttpClient(daemon.metrics_address())
                        .exchange(
                            "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nHEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
                            "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(text.find("ok\nHTTP/1.1 200"), std::string::npos) << text;
  EXPECT_NE(text.find("HTTP/1.1 404"), std::string::npos) << text;
}

TEST(MetricsListener, BoundsWhatItReads) {
  struct Case {
    const char* name;
    std::string request;
    std::string_view status;
  };
  const Case cases[] = {
      {"a long head", "GET /metrics HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", "431"},
      {"a head that never ends", "GET /metrics HTTP/1.1\r\nX: " + std::string(50'000, 'x'), "431"},
      {"content", "GET /metrics HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'), "413"},
      {"no HTTP", "nonsense\r\n\r\n", "400"},
      {"control octets", std::string("\x01\x02\x03\r\n\r\n"), "400"},
  };
  const RunningDaemon daemon;
  for (const auto& [name, request, status] : cases) {
    const auto response = HttpClient(daemon.metrics_address()).exchange(request);
    EXPECT_EQ(response.substr(0, 13), "HTTP/1.1 " + std::string(status) + " ") << name;
  }
  EXPECT_TRUE(get(daemon, "GET /healthz").starts_with("HTTP/1.1 200 "));
}

TEST(MetricsListener, SaysWhyItCannotListen) {
  RunningDaemon running;
  asio::io_context context;
  const auto address = running.metrics_address();
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  const asio::ip::tcp::endpoint taken(asio::ip::make_address("127.0.0.1"), port);
  try {
    const MetricsServer second(context, running.daemon(), taken);
    ADD_FAILURE() << "two listen on " << address;
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find(address), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace sluice::control::test
