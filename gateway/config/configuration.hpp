#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::config {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Listener {
  std::string address = "127.0.0.1:3128";  // host:port; [::]:port; port 0 lets the kernel choose
  std::string mode = "explicit";           // the modes that are there so far: explicit
};

struct Limits {
  std::uint64_t head = 64 * 1024;
  std::uint64_t request_line = 16 * 1024;
  std::uint64_t fields = 200;
  std::uint64_t chunk_extension = 1024;        // octets a chunk
  std::uint64_t chunk_extensions = 16 * 1024;  // octets a message
  std::uint64_t trailers = 8 * 1024;
  std::uint64_t connections = 0;  // client connections; 0: what the descriptor limit allows
};

struct Timeouts {
  milliseconds head = seconds(10);        // whole request head
  milliseconds keep_alive = seconds(60);  // idle client connection
  milliseconds body_grace = seconds(10);  // after this, body_rate holds
  std::uint64_t body_rate = 1024;         // octets a second a body must make at least
  milliseconds write = seconds(60);       // a peer that takes nothing
  milliseconds connect = seconds(5);      // all addresses of a name together; DNS has its own
  milliseconds dns = seconds(3);
  milliseconds first_byte = seconds(60);     // request sent to response head
  milliseconds upstream_idle = seconds(60);  // between two octets of a response
  milliseconds upstream_keep_alive = seconds(30);
  milliseconds hello = seconds(2);  // a client silent for so long in a tunnel speaks no TLS
  milliseconds tunnel_idle = seconds(3600);
  milliseconds drain = seconds(30);  // from SIGTERM until what is left is cut
};

struct Upstream {
  std::string parent;                      // host:port of a parent proxy; empty: direct
  std::vector<std::string> parent_bypass;  // host suffixes that go direct
  std::uint64_t idle_connections = 64;     // kept per worker and origin
  std::vector<std::string> dns_servers;    // address[:port]; empty: /etc/resolv.conf
  seconds dns_negative_ttl = seconds(10);
  seconds dns_last_good = seconds(3600);  // how long an expired answer may be used when DNS fails
};

struct Forwarding {
  std::string forwarded = "delete";          // add | delete | leave: the Forwarded field
  std::string x_forwarded_for = "delete";    // add | delete | leave
  std::string proxy_authorization = "auto";  // auto | delete | leave: what a parent proxy gets of it
  std::string via_name = "sluice";           // pseudonym in Via; the default gets a suffix, so that loops are seen
  std::string cdn_loop = {};                 // id in CDN-Loop; "" for none
};

struct Cache {
  bool enabled = true;
  std::uint64_t memory = 256ULL << 20;
  std::uint64_t memory_largest = 16ULL << 20;
  std::uint64_t disk = 10ULL << 30;  // 0: no disk tier
  std::uint64_t disk_largest = 1ULL << 30;
  milliseconds disk_wait = milliseconds(400);               // for what is on disk; then the request is forwarded
  std::uint64_t read_ahead = 1ULL << 20;                    // octets fetched behind a range that a client asked for
  seconds uncacheable_ttl = seconds(60);                    // how long a key that turned out uncacheable is remembered
  seconds stale_when_unreachable = std::chrono::hours(24);  // how stale, when nobody said so and the origin is gone
  milliseconds collapse_wait = seconds(10);                 // how long a follower waits for the leader's head
  bool finish_aborted = false;                              // go on filling when every client has gone
  std::vector<std::string> targets{"Sluice-Cache-Control", "CDN-Cache-Control"};  // targeted fields, first wins
};

struct Log {
  std::string file;             // access log; empty: STATE/access.log; "-" standard output
  std::string format = "json";  // json | squid | combined | none
};

struct Admin {
  std::string metrics = "127.0.0.1:9128";  // Prometheus text; empty: off
  std::string socket;                      // control socket; empty: STATE/control.sock
  std::vector<std::string> users;          // beside root and the daemon's own user: may use the control socket
};

struct Policy {
  std::string file;  // must exist; empty: STATE/policy.sluice, made from the default policy on first start
  std::string unloadable = "closed";  // closed | refuse: a start without a policy that can be loaded
};

struct Lists {
  std::string trust;  // file of authorities beside the system's; empty: the system's alone
};

struct Auth {
  std::string htpasswd;                            // file of users; empty: nobody can sign in
  std::string realm = "Sluice";                    // what a browser shows beside the question
  milliseconds cache_ttl = std::chrono::hours(1);  // verified credentials are not verified again for this long
  milliseconds refused_ttl = seconds(10);          // nor refused ones
  std::uint64_t cache_entries = 10'000;            // of each kind
};

struct Configuration {
  std::vector<Listener> listeners{Listener{}};
  std::uint64_t workers = 0;  // 0: one per core
  std::string state_directory = "/var/lib/sluice";
  std::string user;  // drop privileges to; empty: stay (or "sluice" when started as root and it exists)
  Limits limits;
  Timeouts timeouts;
  Upstream upstream;
  Forwarding forwarding;
  Cache cache;
  Log log;
  Admin admin;
  Policy policy;
  Lists lists;
  Auth auth;
};

}  // namespace sluice::config
