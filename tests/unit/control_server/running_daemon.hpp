#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cache/memory_store.hpp"
#include "cache/vary.hpp"
#include "gateway/base/file.hpp"
#include "gateway/control/control_server.hpp"
#include "gateway/control/metrics_server.hpp"

namespace sluice::control::test {

// A directory that goes with the test.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-control-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) { throw std::runtime_error("no directory for the test"); }
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string in(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A blocking connection to the control socket, as the tool has one. Gives up after 20 s.
class Client {
 public:
  explicit Client(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    is_connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_connected() const { return is_connected_; }
  // False when the other side has closed.
  bool send(std::string_view octets) {
    while (!octets.empty()) {
      const auto count = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (count <= 0) { return false; }
      octets.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void send_no_more() { ::shutdown(socket_, SHUT_WR); }

  // The next line without its line feed; nothing when the other side has closed.
  std::optional<std::string> read_line() {
    for (;;) {
      if (const auto end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      char piece[4096];
      const auto count = ::recv(socket_, piece, sizeof piece, 0);
      if (count <= 0) { return std::nullopt; }
      buffer_.append(piece, static_cast<std::size_t>(count));
    }
  }

  Answer<Json> next() {
    const auto line = read_line();
    if (!line) { return std::unexpected(Error{ErrorCode::unreachable, "closed", "", {}}); }
    return parse_reply(*line);
  }
  Answer<Json> ask(std::string_view command, const Json& arguments = Json::object()) {
    send(encode(Request{std::string(command), arguments}));
    return next();
  }
  template <typename Result>
  Answer<Result> ask_for(std::string_view command, const Json& arguments = Json::object()) {
    const auto answer = ask(command, arguments);
    if (!answer) { return std::unexpected(answer.error()); }
    return result_of<Result>(*answer);
  }

 private:
  int socket_;
  bool is_connected_ = false;
  std::string buffer_;
};

using Lines = std::vector<std::pair<std::string, std::string>>;

inline std::vector<cache::Field> views(const Lines& lines) {
  std::vector<cache::Field> fields;
  for (const auto& [name, value] : lines) { fields.push_back({name, value, cache::field_name(name)}); }
  return fields;
}

// A response, without content unless it is given, that arrived `age` ago.
inline cache::StoredResponsePtr response(std::string key, const Lines& fields, const Lines& request,
                                         std::chrono::seconds age, const std::string& content = {}) {
  auto stored = std::make_shared<cache::StoredResponse>();
  if (!content.empty()) {
    auto octets = std::make_shared<char[]>(content.size());
    content.copy(octets.get(), content.size());
    stored->segments.push_back({octets, octets.get(), content.size()});
  }
  stored->head.content_length = content.size();
  stored->head.key = std::move(key);
  stored->head.status = 200;
  stored->head.fields = cache::OwnedFields(views(fields));
  stored->head.response_time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - age;
  stored->head.request_time = stored->head.response_time;
  const auto names = cache::vary_names(stored->head.fields.fields());
  stored->head.variant = names.names.empty() ? "" : cache::variant_key(names, views(request));
  stored->head.seal();
  return stored;
}

// What of a gateway its control plane sees, and the control plane running on a thread of its own.
class RunningDaemon {
 public:
  explicit RunningDaemon(const std::string& policy = "deny host .denied.example reason \"HR-231\"\nallow\n",
                         ControlServer::MayUse may_use = nullptr)
      : policy_file_(directory_.in("policy.sluice")), policies_(policy_file_, directory_.in("policy.versions"), {}) {
    write_file(policy_file_, policy);
    const auto loaded = policies_.load();
    if (!loaded) { throw std::runtime_error("the test's policy does not compile"); }
    in_force_ = std::make_unique<pipeline::PolicyInForce>(*loaded);
    policies_.put_in_force(*in_force_, [this](const pipeline::PolicyPtr&) { return tunnels_to_close_; });
    memory_ = cache::make_memory_store({});
    disk_ = std::make_unique<pipeline::DiskTier>(cache::make_memory_store({}));
    configuration_ = std::make_shared<const config::Configuration>();
    open_log(directory_.in("access.log"), record::LogFormat::json);
    daemon_ = std::make_unique<Daemon>(make_daemon());
    server_ = may_use ? std::make_unique<ControlServer>(context_, *daemon_, socket(), std::move(may_use))
                      : std::make_unique<ControlServer>(context_, *daemon_, socket(), std::vector<uid_t>{});
    metrics_ = std::make_unique<MetricsServer>(context_, *daemon_,
                                               asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    daemon_->metrics_address = metrics_->address();
    server_->start();
    metrics_->start();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~RunningDaemon() { close(); }
  RunningDaemon(const RunningDaemon&) = delete;
  RunningDaemon& operator=(const RunningDaemon&) = delete;

  // Returns once nothing of the control plane waits for anything any more.
  void close() {
    if (!thread_.joinable()) { return; }
    asio::post(context_, [this] {
      server_->close();
      metrics_->close();
    });
    thread_.join();
  }

  static void write_file(const std::string& path, std::string_view text, bool append = false) {
    std::ofstream file(path, append ? std::ios::app : std::ios::trunc);
    file << text;
  }

  std::string socket() const { return directory_.in("control.sock"); }
  std::string in(const std::string& name) const { return directory_.in(name); }
  const std::string& policy_file() const { return policy_file_; }
  std::string policy_text() const { return read_file(policy_file_).value_or("unreadable"); }
  pipeline::PolicyPtr policy() const { return in_force_->snapshot(); }
  std::string metrics_address() const { return metrics_->address(); }
  Daemon& daemon() { return *daemon_; }
  cache::Store& memory() { return *memory_; }
  pipeline::DiskTier& disk() { return *disk_; }
  cache::PurgeTable& purges() { return purges_; }
  pipeline::RecentKeys& uncacheable() { return uncacheable_; }
  pipeline::TopKeys& top_keys() { return top_keys_; }
  record::WorkerMetrics& counters() { return counters_; }

  // What follows is for before a command uses it.
  void open_log(const std::string& file, record::LogFormat format) {
    log_file_ = file;
    log_ = std::make_shared<record::AccessLog>(
        record::AccessLog::Options{file == "-" ? directory_.in("unused.log") : file, format});
  }
  void hold_log_lines(std::string lines) { held_lines_ = std::move(lines); }
  void set_tunnels_to_close(std::size_t count) { tunnels_to_close_ = count; }
  void set_reload(std::function<Answer<ConfigReload>()> reload) { reload_ = std::move(reload); }
  int drains() const { return drains_; }

 private:
  Daemon make_daemon() {
    return {.version = "1.2.3",
            .started = 1'700'000'000,
            .config_file = "/etc/sluice/sluice.yaml",
            .state_directory = directory_.in(""),
            .listeners = {{"127.0.0.1:3128", "explicit"}},
            .metrics_address = {},
            .workers = {&counters_},
            .policies = policies_,
            .lists = lists_,
            .memory = *memory_,
            .disk = disk_.get(),
            .fills = fills_,
            .uncacheable = uncacheable_,
            .purged = purged_,
            .purges = purges_,
            .top_keys = [this] { return top_keys_.entries(); },
            .configuration = [this] { return configuration_; },
            .log = [this] { return log_; },
            .log_file = [this] { return log_file_; },
            .flush_logs = [this] { log_->write(std::exchange(held_lines_, {})); },
            .reload = [this](const std::string&) { return reload_(); },
            .drain =
                [this] {
                  ++drains_;
                  return Drain{.connections = 3, .tunnels = 1, .limit = 30};
                },
            .is_draining = [this] { return drains_ > 0; }};
  }

  Directory directory_;
  std::string policy_file_;
  PolicyKeeper policies_;
  ListKeeper lists_{directory_.in("lists")};
  std::unique_ptr<pipeline::PolicyInForce> in_force_;
  std::unique_ptr<cache::Store> memory_;
  std::unique_ptr<pipeline::DiskTier> disk_;
  pipeline::FillTable fills_;
  pipeline::RecentKeys uncacheable_;
  pipeline::RecentKeys purged_;
  cache::PurgeTable purges_;
  pipeline::TopKeys top_keys_;
  pipeline::ConfigurationPtr configuration_;
  std::string log_file_;
  std::shared_ptr<record::AccessLog> log_;
  std::string held_lines_;
  record::WorkerMetrics counters_;
  std::size_t tunnels_to_close_ = 0;
  std::atomic<int> drains_{0};
  std::function<Answer<ConfigReload>()> reload_ = [] {
    ConfigReload result;
    result.changed = {"log.format"};
    return result;
  };
  asio::io_context context_{1};
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<ControlServer> server_;
  std::unique_ptr<MetricsServer> metrics_;
  std::thread thread_;
};

}  // namespace sluice::control::test
