#include "gateway/upstream/dns_channel.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace sluice::upstream {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Status = DnsReply::Status;

constexpr int kMostAddresses = 64;
constexpr int kTries = 2;          // rounds over the servers; the second waits twice as long
constexpr int kUdpPayload = 1232;  // fits an IPv6 packet on every path, so answers are not fragmented

// c-ares counts uses of the library; initialising it takes no thread or descriptor.
void initialise_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) { throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status)); }
}

Status status_of(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return Status::answered;
    case ARES_ENODATA:
      return Status::no_data;
    case ARES_ENOTFOUND:
      return Status::no_name;
    case ARES_ETIMEOUT:
      return Status::timed_out;
    case ARES_EDESTRUCTION:
    case ARES_ECANCELLED:
      return Status::closed;
    // A name that cannot be written in a query (an empty or overlong label) cannot exist.
    case ARES_EBADNAME:
      return Status::no_name;
    default:
      return Status::failed;
  }
}

void add(DnsReply& reply, const policy::Address& address, int ttl) {
  const std::chrono::seconds seconds(std::max(ttl, 0));
  reply.ttl = reply.addresses.empty() ? seconds : std::min(reply.ttl, seconds);
  reply.addresses.push_back(address);
}

int parse_ipv4(const unsigned char* message, int length, DnsReply& reply) {
  ares_addrttl records[kMostAddresses];
  int count = kMostAddresses;
  const int status = ares_parse_a_reply(message, length, nullptr, records, &count);
  for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
    std::array<std::uint8_t, 4> octets;
    std::memcpy(octets.data(), &records[i].ipaddr, octets.size());
    add(reply, policy::Address::from_ipv4(octets), records[i].ttl);
  }
  return status;
}

int parse_ipv6(const unsigned char* message, int length, DnsReply& reply) {
  ares_addr6ttl records[kMostAddresses];
  int count = kMostAddresses;
  const int status = ares_parse_aaaa_reply(message, length, nullptr, records, &count);
  for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
    std::array<std::uint8_t, 16> octets;
    std::memcpy(octets.data(), &records[i].ip6addr, octets.size());
    add(reply, policy::Address(octets), records[i].ttl);
  }
  return status;
}

DnsReply parse(Family family, int status, const unsigned char* message, int length) {
  DnsReply reply;
  if (status == ARES_SUCCESS) {
    status = family == Family::ipv4 ? parse_ipv4(message, length, reply) : parse_ipv6(message, length, reply);
  }
  reply.status = status_of(status);
  if (reply.status == Status::answered && reply.addresses.empty()) { reply.status = Status::no_data; }
  return reply;
}

}  // namespace

struct DnsChannel::Question {
  DnsChannel* channel;
  Family family;
  Handler handler;
};

// A socket of c-ares, which opens and closes it; we only wait for it.
struct DnsChannel::Socket {
  explicit Socket(asio::io_context& context, ares_socket_t native) : descriptor(context.get_executor(), native) {}
  Descriptor descriptor;
  bool is_forgotten = false;
  bool wants_read = false, wants_write = false;  // what c-ares asked for
  bool is_waiting_read = false, is_waiting_write = false;
};

DnsChannel::DnsChannel(asio::io_context& context, const std::vector<std::string>& servers,
                       std::chrono::milliseconds timeout)
    : context_(context), timer_(context.get_executor()), is_alive_(std::make_shared<bool>(true)) {
  initialise_library();
  ares_options options{};
  options.flags = ARES_FLAG_EDNS;
  options.ednspsz = kUdpPayload;
  options.timeout = static_cast<int>(std::max<std::int64_t>(timeout.count(), 1));
  options.tries = kTries;
  options.sock_state_cb = &DnsChannel::on_socket_state;
  options.sock_state_cb_data = this;
  const int status = ares_init_options(
      &channel_, &options,
      ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) { throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status)); }
  set_servers(servers);
}

DnsChannel::~DnsChannel() {
  *is_alive_ = false;
  ares_destroy(channel_);
}

void DnsChannel::set_servers(const std::vector<std::string>& servers) {
  if (servers.empty()) { return; }
  std::string list;
  for (const std::string& server : servers) {
    if (!list.empty()) { list += ','; }
    list += server;
  }
  const int status = ares_set_servers_ports_csv(channel_, list.c_str());
  if (status == ARES_SUCCESS) { return; }
  ares_destroy(channel_);
  throw std::runtime_error("DNS servers " + list + ": " + ares_strerror(status));
}

void DnsChannel::ask(const std::string& host, Family family, Handler handler) {
  auto question = std::make_unique<Question>(Question{this, family, std::move(handler)});
  ++open_;
  const int type = family == Family::ipv4 ? 1 : 28;  // A, AAAA
  const int internet = 1;
  if (host.contains('.')) {
    ares_query(channel_, host.c_str(), internet, type, &DnsChannel::on_reply, question.release());
  } else {
    ares_search(channel_, host.c_str(), internet, type, &DnsChannel::on_reply, question.release());
  }
  arm_timer();
}

void DnsChannel::cancel() {
  ares_cancel(channel_);
  arm_timer();
}

void DnsChannel::on_reply(void* raw, int status, int, unsigned char* message, int length) {
  const std::unique_ptr<Question> question(static_cast<Question*>(raw));
  --question->channel->open_;
  question->handler(parse(question->family, status, message, length));
}

void DnsChannel::on_socket_state(void* self, ares_socket_t descriptor, int readable, int writable) {
  auto* channel = static_cast<DnsChannel*>(self);
  if (readable == 0 && writable == 0) {
    channel->forget(descriptor);
  } else {
    channel->watch(descriptor, readable != 0, writable != 0);
  }
}

void DnsChannel::watch(ares_socket_t descriptor, bool readable, bool writable) {
  auto& socket = sockets_[descriptor];
  if (!socket) { socket = std::make_shared<Socket>(context_, descriptor); }
  socket->wants_read = readable;
  socket->wants_write = writable;
  wait(socket, asio::posix::descriptor_base::wait_read);
  wait(socket, asio::posix::descriptor_base::wait_write);
}

// c-ares is about to close it: taken from the reactor, not closed by us. Pending waits end with an error.
void DnsChannel::forget(ares_socket_t descriptor) {
  const auto found = sockets_.find(descriptor);
  if (found == sockets_.end()) { return; }
  found->second->is_forgotten = true;
  found->second->descriptor.release();
  sockets_.erase(found);
}

// One wait a direction, renewed for as long as c-ares wants it.
void DnsChannel::wait(const std::shared_ptr<Socket>& socket, asio::posix::descriptor_base::wait_type direction) {
  const bool is_read = direction == asio::posix::descriptor_base::wait_read;
  bool& is_waiting = is_read ? socket->is_waiting_read : socket->is_waiting_write;
  if (is_waiting || !(is_read ? socket->wants_read : socket->wants_write)) { return; }
  is_waiting = true;
  socket->descriptor.async_wait(direction, [this, socket, direction, is_read](const boost::system::error_code& error) {
    // A forgotten socket may belong to a channel that is gone: nothing of `this` is touched before this line.
    if (error || socket->is_forgotten) { return; }
    (is_read ? socket->is_waiting_read : socket->is_waiting_write) = false;
    const ares_socket_t native = socket->descriptor.native_handle();
    process(is_read ? native : ARES_SOCKET_BAD, is_read ? ARES_SOCKET_BAD : native);
    if (!socket->is_forgotten) { wait(socket, direction); }
  });
}

void DnsChannel::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  arm_timer();
}

void DnsChannel::arm_timer() {
  timeval buffer{};
  const timeval* wanted = ares_timeout(channel_, nullptr, &buffer);
  if (wanted == nullptr) {
    timer_.cancel();
    return;
  }
  // Rounded up: a timer that fires a moment early finds nothing to do and comes again at once.
  timer_.expires_after(std::chrono::seconds(wanted->tv_sec) + std::chrono::microseconds(wanted->tv_usec) +
                       std::chrono::milliseconds(1));
  timer_.async_wait([this, is_alive = is_alive_](const boost::system::error_code& error) {
    if (!error && *is_alive) { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }
  });
}

}  // namespace sluice::upstream
