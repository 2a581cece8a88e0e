#include <sys/stat.h>

#include "tests/unit/control_server/running_daemon.hpp"

namespace sluice::control::test {
namespace {

TEST(ControlSocket, AnswersSeveralRequestsOfAConnectionInOrder) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  client.send(encode(Request{"config.show"}) + encode(Request{"nonsense"}) + encode(Request{"drain"}));
  const auto first = client.next();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->contains("yaml"));
  const auto second = client.next();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unknown_command);
  const auto third = client.next();
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->contains("limit"));
}

TEST(ControlSocket, AnswersBadRequestsAndGoesOn) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  for (const std::string_view line :
       {"", "nonsense", "[]", "{\"command\":5}", "{\"command\":\"status\",\"arguments\":[]}",
        "{\"command\":\"policy.test\",\"arguments\":{\"ulr\":\"http://a/\"}}",
        "{\"command\":\"policy.test\",\"arguments\":{\"url\":7}}",
        "{\"command\":\"cache.show\",\"arguments\":{\"url\":\"x y\"}}", "GET / HTTP/1.1", "\xff\xfe"}) {
    client.send(std::string(line) + "\n");
    const auto answer = client.next();
    ASSERT_FALSE(answer) << line;
    EXPECT_EQ(answer.error().code, ErrorCode::bad_request) << line;
  }
  EXPECT_TRUE(client.ask(command::kStatus));
}

TEST(ControlSocket, ARequestThatArrivesOctetByOctetIsARequest) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  for (const char octet : encode(Request{"status"})) { client.send(std::string_view(&octet, 1)); }
  EXPECT_TRUE(client.next());
}

TEST(ControlSocket, ARequestThatIsTooLongEndsTheConnection) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  client.send(std::string(kLongestRequest + 64 * 1024, 'x'));
  const auto answer = client.next();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::bad_request);
  EXPECT_FALSE(client.read_line());
}

TEST(ControlSocket, ARequestThatIsCutIsNotCarriedOut) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  client.send("{\"command\":\"drain\"}");
  client.send_no_more();
  const auto answer = client.next();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::bad_request);
  EXPECT_EQ(daemon.drains(), 0);
}

TEST(ControlSocket, APeerThatSendsNoMoreStillGetsItsAnswers) {
  RunningDaemon daemon;
  Client client(daemon.socket());
  client.send(encode(Request{"status"}) + encode(Request{"status"}));
  client.send_no_more();
  EXPECT_TRUE(client.next());
  EXPECT_TRUE(client.next());
  EXPECT_FALSE(client.read_line());
}

TEST(ControlSocket, SilentAndSlowPeersHoldUpNobody) {
  RunningDaemon daemon;
  Client silent(daemon.socket());
  Client half(daemon.socket());
  half.send("{\"comm");
  Client greedy(daemon.socket());  // asks a lot and reads nothing
  std::string requests;
  for (int i = 0; i < 2000; ++i) { requests += encode(Request{"config.show"}); }
  greedy.send(requests);
  EXPECT_TRUE(Client(daemon.socket()).ask(command::kStatus));
}

TEST(ControlSocket, TurnsAwayOneConnectionTooMany) {
  RunningDaemon daemon;
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < ControlServer::kMostConnections; ++i) {
    clients.push_back(std::make_unique<Client>(daemon.socket()));
    ASSERT_TRUE(clients.back()->ask(command::kDrain));
  }
  Client more(daemon.socket());
  const auto answer = more.next();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::failed);
  EXPECT_TRUE(clients.front()->ask(command::kStatus));
}

TEST(ControlSocket, TurnsAwayUsersWhoMayNotUseIt) {
  RunningDaemon daemon("allow\n", [](uid_t) { return false; });
  Client client(daemon.socket());
  client.send(encode(Request{"drain"}));
  const auto answer = client.next();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::not_permitted);
  EXPECT_NE(answer.error().message.find(std::to_string(::geteuid())), std::string::npos);
  EXPECT_FALSE(client.read_line());
  EXPECT_EQ(daemon.drains(), 0);
}

TEST(ControlSocket, AsksWhoThePeerIs) {
  uid_t asked = static_cast<uid_t>(-1);
  RunningDaemon daemon("allow\n", [&asked](uid_t user) {
    asked = user;
    return true;
  });
  EXPECT_TRUE(Client(daemon.socket()).ask(command::kStatus));
  daemon.close();
  EXPECT_EQ(asked, ::geteuid());
}

TEST(ControlSocket, IsOpenToAllAndGoesWithTheDaemon) {
  RunningDaemon daemon;
  struct stat status{};
  ASSERT_EQ(::stat(daemon.socket().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0666U);
  daemon.close();
  EXPECT_NE(::stat(daemon.socket().c_str(), &status), 0);
}

TEST(ControlSocket, ClosingEndsEveryConnection) {
  RunningDaemon daemon;
  Client idle(daemon.socket());
  Client watching(daemon.socket());
  watching.send(encode(Request{"status", {{"watch", true}, {"interval", 60}}}));
  ASSERT_TRUE(watching.next());
  Client following(daemon.socket());
  following.send(encode(Request{"log.tail", {{"follow", true}}}));
  ASSERT_TRUE(idle.ask(command::kStatus));
  daemon.close();
  EXPECT_FALSE(idle.read_line());
  EXPECT_FALSE(watching.read_line());
  EXPECT_FALSE(following.read_line());
}

struct Unused {
  Directory directory;
  asio::io_context context{1};
  std::unique_ptr<cache::Store> memory = cache::make_memory_store({});
  PolicyKeeper policies{directory.in("p"), directory.in("v"), {}};
  ListKeeper lists{directory.in("l")};
  pipeline::FillTable fills;
  pipeline::RecentKeys uncacheable;
  pipeline::RecentKeys purged;
  cache::PurgeTable purges;
  Daemon daemon{.version = {},
                .started = 0,
                .config_file = {},
                .state_directory = {},
                .listeners = {},
                .metrics_address = {},
                .workers = {},
                .policies = policies,
                .lists = lists,
                .memory = *memory,
                .disk = nullptr,
                .fills = fills,
                .uncacheable = uncacheable,
                .purged = purged,
                .purges = purges,
                .top_keys = {},
                .configuration = {},
                .log = {},
                .log_file = {},
                .flush_logs = {},
                .reload = {},
                .drain = {},
                .is_draining = {}};
  std::unique_ptr<ControlServer> serve(const std::string& path) {
    return std::make_unique<ControlServer>(context, daemon, path, std::vector<uid_t>{});
  }
};

TEST(ControlSocketName, IsNotTakenFromADaemonThatRuns) {
  const RunningDaemon running;
  Unused second;
  try {
    second.serve(running.socket());
    ADD_FAILURE() << "the second daemon took the socket";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("another sluiced is running"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(running.socket()), std::string::npos) << error.what();
  }
  EXPECT_TRUE(Client(running.socket()).ask(command::kStatus));
}

TEST(ControlSocketName, IsTakenOverFromADeadDaemon) {
  Unused daemon;
  const auto path = daemon.directory.in("control.sock");
  {
    const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(dead);
  }
  const auto server = daemon.serve(path);
  EXPECT_TRUE(Client(path).is_connected());
}

TEST(ControlSocketName, IsNotTakenFromAFileOfAnotherKind) {
  Unused daemon;
  const auto path = daemon.directory.in("precious");
  RunningDaemon::write_file(path, "precious");
  EXPECT_THROW(daemon.serve(path), std::runtime_error);
  EXPECT_EQ(read_file(path).value_or(""), "precious");
}

TEST(ControlSocketName, IsGivenBackOnlyWhileItIsOurs) {
  Unused daemon;
  const auto path = daemon.directory.in("control.sock");
  auto first = daemon.serve(path);
  std::filesystem::remove(path);
  const auto second = daemon.serve(path);
  first.reset();
  EXPECT_TRUE(Client(path).is_connected());
}

TEST(ControlSocketName, MustFitAndHaveADirectory) {
  Unused daemon;
  EXPECT_THROW(daemon.serve(daemon.directory.in(std::string(120, 'x'))), std::runtime_error);
  EXPECT_THROW(daemon.serve(daemon.directory.in("nowhere/control.sock")), std::runtime_error);
}

TEST(ControlServer, MayGoBeforeTheContextWithPeersStillWaiting) {
  Unused daemon;
  const auto path = daemon.directory.in("control.sock");
  auto context = std::make_unique<asio::io_context>(1);
  auto server = std::make_unique<ControlServer>(*context, daemon.daemon, path, std::vector<uid_t>{});
  server->start();
  Client client(path);
  client.send("{\"comm");
  for (int i = 0; i < 10; ++i) { context->poll(); }
  server.reset();
  context.reset();
  EXPECT_FALSE(client.read_line());
}

}  // namespace
}  // namespace sluice::control::test
