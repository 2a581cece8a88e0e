#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <ares.h>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/base/task.hpp"
#include "gateway/base/timer.hpp"
#include "policy/address.hpp"

namespace sluice::upstream {

enum class Family : std::uint8_t { ipv4, ipv6 };

// What the DNS said to one question.
struct DnsReply {
  enum class Status : std::uint8_t {
    answered,   // `addresses` is not empty
    no_data,    // the name exists and has no address of this family
    no_name,    // NXDOMAIN
    timed_out,  // no server answered
    failed,     // SERVFAIL, REFUSED, nonsense, no server reachable
    closed,     // the channel was cancelled or destroyed
  };
  Status status = Status::failed;
  std::vector<policy::Address> addresses;
  std::chrono::seconds ttl{};  // the least of the records and aliases on the way
};

// A c-ares channel on one worker: its sockets and time-outs are driven by the worker's io_context, nothing blocks.
// Thread: the worker's. Lifetime: must not outlive the io_context, and must not be destroyed by one of its handlers.
// Throws std::runtime_error when c-ares cannot be set up or a server is malformed (at start-up and re-reading only).
class DnsChannel {
 public:
  using Handler = std::move_only_function<void(DnsReply)>;

  // `servers`: address or address:port; empty: those of /etc/resolv.conf. `timeout` bounds one question to one server.
  DnsChannel(asio::io_context& context, const std::vector<std::string>& servers, std::chrono::milliseconds timeout);
  ~DnsChannel();  // calls the handlers of open questions with `closed`
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  // Asks for the addresses of one family. `handler` is called exactly once, possibly before this returns. Names with a
  // dot are asked for as they are; those without go through the search list of resolv.conf.
  void ask(const std::string& host, Family family, Handler handler);

  void cancel();  // calls every open handler with `closed`
  std::size_t open_questions() const noexcept { return open_; }

 private:
  struct Question;
  struct Socket;

  static void on_socket_state(void* self, ares_socket_t descriptor, int readable, int writable);
  static void on_reply(void* question, int status, int timeouts, unsigned char* message, int length);
  void set_servers(const std::vector<std::string>& servers);
  void watch(ares_socket_t descriptor, bool readable, bool writable);
  void forget(ares_socket_t descriptor);
  void wait(const std::shared_ptr<Socket>& socket, asio::posix::descriptor_base::wait_type direction);
  void process(ares_socket_t readable, ares_socket_t writable);
  void arm_timer();

  asio::io_context& context_;
  ares_channel channel_ = nullptr;
  std::unordered_map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
  std::size_t open_ = 0;
  Timer timer_;
  std::shared_ptr<bool> is_alive_;  // false once destroyed: handlers that are already queued look here first
};

}  // namespace sluice::upstream
