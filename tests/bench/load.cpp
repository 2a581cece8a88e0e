// The load of the benchmark: one epoll loop, closed loop on a fixed number of connections. Prints one line of JSON.
//
//     load get PORT TARGET AUTHORITY CONNECTIONS SECONDS LENGTH     keep-alive requests; every answer is checked
//     load walk PORT TARGET AUTHORITY CONNECTIONS LENGTH COUNT      TARGET?0, TARGET?1, ... TARGET?COUNT-1, each once
//     load zipf PORT TARGET AUTHORITY CONNECTIONS SECONDS LENGTH COUNT SKEW
//                                                                   TARGET?N, N below COUNT as popular as Zipf says
//     load put PORT TARGET AUTHORITY LENGTH                         one request with LENGTH octets of content
//     load tunnels PORT AUTHORITY CONNECTIONS SECONDS               CONNECT, 200, close, again
//     load hellos PORT AUTHORITY CONNECTIONS SECONDS                the same with a TLS hello behind the 200
//     load bulk PORT AUTHORITY CONNECTIONS PATH LENGTH              one CONNECT each, then LENGTH octets of content
//
// SECONDS 0: one answer on each connection.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "tests/bench/sockets.hpp"
#include "tests/support/client_hello.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Plan {
  enum class Kind : std::uint8_t { get, tunnels, bulk } kind = Kind::get;
  int port = 0;
  int connections = 0;
  double seconds = 0;        // 0: until the work is done
  std::uint64_t length = 0;  // of each answer's content
  std::string request{};     // sent first
  std::string inner{};       // sent inside the tunnel
  std::uint64_t upload = 0;  // octets of content behind the request
  std::uint64_t count = 0;   // of targets: `request` is what is ahead of the number, `inner` what is behind it
  double skew = 0;           // 0: each target once, in order
};

// Numbers below `count`, number n with a probability in proportion to 1 / (n + 1)^skew; the same ones in every run.
class Zipf {
 public:
  Zipf(std::uint64_t count, double skew) : sums_(count) {
    double sum = 0;
    for (std::size_t i = 0; i < sums_.size(); ++i) { sums_[i] = sum += std::pow(static_cast<double>(i + 1), -skew); }
  }
  std::uint64_t next() {
    const auto at = std::uniform_real_distribution<double>(0, sums_.back())(random_);
    return static_cast<std::uint64_t>(std::ranges::lower_bound(sums_, at) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
  std::mt19937_64 random_{1};
};

struct Connection {
  int fd = -1;
  bool in_tunnel = false;
  bool in_content = false;
  bool broken = false;          // a request could not be sent whole
  std::uint64_t unsent = 0;     // content of the request still to go
  std::string head;             // of the answer, until it is whole
  std::uint64_t remaining = 0;  // content still to come
  Clock::time_point asked;
};

struct Figures {
  std::uint64_t done = 0;
  std::uint64_t errors = 0;
  std::uint64_t octets = 0;
  std::vector<std::uint32_t> micros;

  double percentile(double share) {
    if (micros.empty()) { return 0; }
    const auto at = static_cast<std::size_t>(share * static_cast<double>(micros.size() - 1));
    std::nth_element(micros.begin(), micros.begin() + static_cast<std::ptrdiff_t>(at), micros.end());
    return micros[at];
  }
};

class Load {
 public:
  explicit Load(Plan plan) : plan_(std::move(plan)), connections_(static_cast<std::size_t>(plan_.connections)) {
    if (plan_.skew > 0) { zipf_.emplace(plan_.count, plan_.skew); }
  }

  int run() {
    const auto begin = Clock::now();
    const auto limit =
        begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(plan_.seconds));
    open_ = connections_.size();
    for (auto& connection : connections_) { begin_again(connection); }
    while (open_ > 0 && (plan_.seconds == 0 || Clock::now() < limit)) {
      poll_.wait(100, [&](void* owner, std::uint32_t events) { handle(*static_cast<Connection*>(owner), events); });
    }
    report(std::chrono::duration<double>(Clock::now() - begin).count());
    return figures_.done > 0 && figures_.errors * 1000 <= figures_.done ? 0 : 1;
  }

 private:
  void begin_again(Connection& connection) {
    if (connection.fd >= 0) { close(connection.fd); }
    connection = Connection{};
    connection.fd = bench::must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    const auto address = bench::loopback(plan_.port);
    bench::must(connect(connection.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
    bench::must(fcntl(connection.fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
    bench::no_delay(connection.fd);
    poll_.add(connection.fd, plan_.upload > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN, &connection);
    ask(connection, next_request());
    connection.unsent = plan_.upload;
  }

  std::string next_request() {
    if (plan_.count == 0) { return plan_.request; }
    return plan_.request + std::to_string(zipf_ ? zipf_->next() : next_target_++) + plan_.inner;
  }

  // True while the connection has another request to make.
  bool goes_on() const {
    if (plan_.kind != Plan::Kind::get) { return false; }
    return plan_.count > 0 && !zipf_ ? next_target_ < plan_.count : plan_.seconds > 0;
  }

  void ask(Connection& connection, const std::string& request) {
    connection.head.clear();
    connection.asked = Clock::now();
    if (send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
      connection.broken = true;
    }
  }

  void handle(Connection& connection, std::uint32_t events) {
    if (connection.fd < 0) { return; }
    if ((events & EPOLLOUT) != 0) { upload(connection); }
    if (events == EPOLLOUT) { return; }
    const ssize_t got = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && bench::would_block()) { return; }
    if (got <= 0 || connection.broken || !take(connection, {buffer_.data(), static_cast<std::size_t>(got)})) {
      fail(connection);
    }
  }

  // As much of the request's content as the socket takes.
  void upload(Connection& connection) {
    while (connection.unsent > 0) {
      const auto part = std::min<std::uint64_t>(connection.unsent, buffer_.size());
      const ssize_t put = send(connection.fd, buffer_.data(), part, MSG_NOSIGNAL);
      if (put < 0) {
        if (!bench::would_block()) { connection.broken = true; }
        return;
      }
      connection.unsent -= static_cast<std::uint64_t>(put);
      figures_.octets += static_cast<std::uint64_t>(put);
    }
    poll_.change(connection.fd, EPOLLIN, &connection);
  }

  // False when the answer is not what it should be.
  bool take(Connection& connection, std::string_view octets) {
    figures_.octets += octets.size();
    while (!octets.empty()) {
      if (connection.remaining == 0) {
        connection.head += octets;
        const auto end = connection.head.find("\r\n\r\n");
        if (end == std::string::npos) { return connection.head.size() < 65536; }
        octets.remove_prefix(octets.size() - (connection.head.size() - end - 4));
        connection.head.resize(end + 4);
        if (!head_complete(connection)) { return false; }
      }
      const auto part = std::min<std::uint64_t>(connection.remaining, octets.size());
      octets.remove_prefix(part);
      connection.remaining -= part;
      if (connection.remaining == 0 && connection.in_content) { answer_complete(connection); }
      if (connection.fd < 0 || plan_.kind == Plan::Kind::tunnels) { return true; }
    }
    return true;
  }

  bool head_complete(Connection& connection) {
    if (connection.head.compare(0, 9, "HTTP/1.1 ") != 0 || connection.head.compare(9, 3, "200") != 0) { return false; }
    if (plan_.kind != Plan::Kind::get && !connection.in_tunnel) { return tunnel_opened(connection); }
    const auto length = bench::content_length(connection.head);
    connection.remaining = length.value_or(0);
    connection.in_content = true;
    return length == plan_.length && connection.unsent == 0;
  }

  bool tunnel_opened(Connection& connection) {
    if (plan_.kind == Plan::Kind::tunnels) {
      const auto sent = send(connection.fd, plan_.inner.data(), plan_.inner.size(), MSG_NOSIGNAL);
      if (sent != static_cast<ssize_t>(plan_.inner.size())) { return false; }
      count(connection);
      begin_again(connection);
      return true;
    }
    connection.in_tunnel = true;
    ask(connection, plan_.inner);
    return true;
  }

  void answer_complete(Connection& connection) {
    count(connection);
    connection.in_content = false;
    if (goes_on()) {
      // Some peers end the connection with each answer: the cost of a new one is theirs.
      const bool is_closed = connection.head.find("\r\nConnection: close\r\n") != std::string::npos;
      return is_closed ? begin_again(connection) : ask(connection, next_request());
    }
    close(connection.fd);
    connection.fd = -1;
    --open_;
  }

  void count(const Connection& connection) {
    ++figures_.done;
    const auto time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - connection.asked);
    figures_.micros.push_back(static_cast<std::uint32_t>(time.count()));
  }

  void fail(Connection& connection) {
    if (++figures_.errors > 100 || plan_.seconds == 0) {
      std::fprintf(stderr, "load: not the answer that was expected: %.300s\n", connection.head.c_str());
      std::exit(1);
    }
    begin_again(connection);
  }

  void report(double seconds) {
    std::printf(
        "{\"done\": %llu, \"errors\": %llu, \"octets\": %llu, \"seconds\": %.4f, \"p50_us\": %.0f, \"p99_us\": %.0f}\n",
        static_cast<unsigned long long>(figures_.done), static_cast<unsigned long long>(figures_.errors),
        static_cast<unsigned long long>(figures_.octets), seconds, figures_.percentile(0.5), figures_.percentile(0.99));
  }

  Plan plan_;
  std::optional<Zipf> zipf_;
  std::uint64_t next_target_ = 0;
  std::vector<Connection> connections_;
  std::size_t open_ = 0;
  Figures figures_;
  bench::Poll poll_;
  std::vector<char> buffer_ = std::vector<char>(1 << 18);
};

std::string connect_request(const std::string& authority) {
  return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
}

// As large as a browser's.
std::string hello_for(const std::string& name) {
  constexpr std::size_t kPadding = 21;
  return sluice::support::hello_with(sluice::support::server_name_extension(name) +
                                     sluice::support::alpn_extension({"h2", "http/1.1"}) +
                                     sluice::support::tls_extension(kPadding, std::string(1700, '\0')));
}

std::string get_request(const std::string& target, const std::string& authority) {
  return "GET " + target + " HTTP/1.1\r\nHost: " + authority + "\r\nUser-Agent: sluice-bench\r\nAccept: */*\r\n\r\n";
}

std::string put_request(const std::string& target, const std::string& authority, const std::string& length) {
  return "PUT " + target + " HTTP/1.1\r\nHost: " + authority +
         "\r\nUser-Agent: sluice-bench\r\nContent-Length: " + length + "\r\n\r\n";
}

void set_targets(Plan& plan, const std::string& target, const std::string& authority, std::uint64_t count,
                 double skew) {
  plan.request = "GET " + target + "?";
  plan.inner = get_request(target, authority).substr(("GET " + target).size());
  plan.count = count;
  plan.skew = skew;
}

// Nothing that can be read as a plan: kind get without a port.
Plan plan_of(const std::vector<std::string>& words) {
  Plan plan;
  if (words.size() == 7 && words[0] == "get") {
    plan = {Plan::Kind::get,
            std::stoi(words[1]),
            std::stoi(words[4]),
            std::stod(words[5]),
            std::stoull(words[6]),
            get_request(words[2], words[3]),
            "",
            0};
  } else if (words.size() == 7 && words[0] == "walk") {
    plan = {Plan::Kind::get, std::stoi(words[1]), std::stoi(words[4]), 0, std::stoull(words[5])};
    set_targets(plan, words[2], words[3], std::stoull(words[6]), 0);
  } else if (words.size() == 9 && words[0] == "zipf") {
    plan = {Plan::Kind::get, std::stoi(words[1]), std::stoi(words[4]), std::stod(words[5]), std::stoull(words[6])};
    set_targets(plan, words[2], words[3], std::stoull(words[7]), std::stod(words[8]));
  } else if (words.size() == 5 && words[0] == "put") {
    plan.port = std::stoi(words[1]);
    plan.connections = 1;
    plan.request = put_request(words[2], words[3], words[4]);
    plan.upload = std::stoull(words[4]);
  } else if (words.size() == 5 && (words[0] == "tunnels" || words[0] == "hellos")) {
    plan = {Plan::Kind::tunnels,
            std::stoi(words[1]),
            std::stoi(words[3]),
            std::stod(words[4]),
            0,
            connect_request(words[2]),
            words[0] == "hellos" ? hello_for(words[2].substr(0, words[2].find(':'))) : "",
            0};
  } else if (words.size() == 6 && words[0] == "bulk") {
    plan = {Plan::Kind::bulk,
            std::stoi(words[1]),
            std::stoi(words[3]),
            0,
            std::stoull(words[5]),
            connect_request(words[2]),
            get_request(words[4], words[2]),
            0};
  }
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const Plan plan = plan_of({argv + 1, argv + argc});
  if (plan.port == 0) {
    std::fprintf(stderr,
                 "usage: load get PORT TARGET AUTHORITY CONNECTIONS SECONDS LENGTH\n"
                 "       load walk PORT TARGET AUTHORITY CONNECTIONS LENGTH COUNT\n"
                 "       load zipf PORT TARGET AUTHORITY CONNECTIONS SECONDS LENGTH COUNT SKEW\n"
                 "       load put PORT TARGET AUTHORITY LENGTH\n"
                 "       load tunnels PORT AUTHORITY CONNECTIONS SECONDS\n"
                 "       load hellos PORT AUTHORITY CONNECTIONS SECONDS\n"
                 "       load bulk PORT AUTHORITY CONNECTIONS PATH LENGTH\n");
    return 2;
  }
  return Load(plan).run();
}
