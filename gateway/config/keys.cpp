// The table of keys. docs/configuration.md, packaging/sluice.yaml and `sluice config show` are made from it.
#include <algorithm>
#include <array>
#include <cctype>

#include "gateway/config/endpoint.hpp"
#include "gateway/config/key.hpp"

namespace sluice::config {
namespace {

template <auto Member>
Slot top(Configuration& configuration) {
  return &(configuration.*Member);
}

template <auto Section, auto Member>
Slot in(Configuration& configuration) {
  return &((configuration.*Section).*Member);
}

constexpr std::uint64_t kKiB = 1ULL << 10;
constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr std::uint64_t kGiB = 1ULL << 30;
constexpr std::uint64_t kTiB = 1ULL << 40;
constexpr std::uint64_t kSecond = 1000;  // milliseconds
constexpr std::uint64_t kHour = 3600 * kSecond;
constexpr std::uint64_t kDay = 24 * kHour;

constexpr std::array<std::string_view, 3> kAddDeleteLeave{"add", "delete", "leave"};
constexpr std::array<std::string_view, 3> kAutoDeleteLeave{"auto", "delete", "leave"};
constexpr std::array<std::string_view, 4> kLogFormats{"json", "squid", "combined", "none"};
constexpr std::array<std::string_view, 2> kClosedRefuse{"closed", "refuse"};
constexpr std::array<std::string_view, 1> kModes{"explicit"};

using Complaint = std::optional<std::string>;

Complaint not_empty(std::string_view text) {
  return text.empty() ? Complaint("is empty") : std::nullopt;
}

Complaint endpoint_or_empty(std::string_view text, HostForm form) {
  if (text.empty()) { return std::nullopt; }
  const auto endpoint = parse_endpoint(text, form);
  return endpoint ? std::nullopt : Complaint(endpoint.error());
}

Complaint address_or_empty(std::string_view text) {
  return endpoint_or_empty(text, HostForm::address);
}

Complaint parent_or_empty(std::string_view text) {
  auto complaint = endpoint_or_empty(text, HostForm::address_or_name);
  if (!complaint && text.ends_with(":0")) { complaint = "has port 0, which cannot be connected to"; }
  return complaint;
}

Complaint realm(std::string_view text) {
  const bool is_printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c != '\x7f'; });
  if (text.empty()) { return "is empty"; }
  return is_printable && text.size() <= 100 ? std::nullopt : Complaint("is not 100 printable ASCII characters at most");
}

Complaint name_server(std::string_view text) {
  const auto endpoint = parse_address_with_optional_port(text, 53);
  return endpoint ? std::nullopt : Complaint(endpoint.error());
}

Complaint host_suffix(std::string_view text) {
  const auto name = text.starts_with('.') ? text.substr(1) : text;
  if (is_host_name(name) || is_ip_address(name)) { return std::nullopt; }
  return "is not a host name or suffix; write intranet.example or .intranet.example";
}

// A pseudonym in Via is a token (RFC 9110 section 7.6.3).
Complaint token(std::string_view text) {
  const auto is_token_octet = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, is_token_octet)) { return std::nullopt; }
  return "is not a token: letters, digits and !#$%&'*+-.^_`|~ only";
}
Complaint targeted_field(std::string_view text) {
  const auto is_same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  if (std::ranges::equal(text, std::string_view("Cache-Control"), is_same)) { return "is no targeted field"; }
  return token(text);
}
Complaint token_or_empty(std::string_view text) {
  return text.empty() ? std::nullopt : token(text);
}

Complaint user_name(std::string_view text) {
  const auto is_name_octet = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
  if (text.size() <= 32 && std::ranges::all_of(text, is_name_octet) && !text.starts_with('-')) { return std::nullopt; }
  return "is not a user name";
}

Complaint user_name_not_empty(std::string_view text) {
  return text.empty() ? not_empty(text) : user_name(text);
}

// sun_path holds 108 octets with its final NUL.
Complaint socket_path(std::string_view text) {
  return text.size() > 107 ? Complaint("is longer than the 107 octets of a Unix socket's path") : std::nullopt;
}

using C = Configuration;

const std::array kKeys{
    Key{.name = "listeners",
        .kind = Kind::listeners,
        .slot = top<&C::listeners>,
        .meaning = "Where clients connect. Each is an address, or a map with `address` and `mode`.",
        .form = "address:port; [::]:port listens on IPv6; port 0 lets the kernel choose",
        .needs_restart = true},
    Key{.name = "workers",
        .kind = Kind::count,
        .slot = top<&C::workers>,
        .meaning = "Worker threads; 0: one per core.",
        .most = 1024,
        .needs_restart = true},
    Key{.name = "state_directory",
        .kind = Kind::text,
        .slot = top<&C::state_directory>,
        .meaning = "STATE below: disk cache, policy, log and control socket live here unless they are told otherwise; "
                   "for one daemon.",
        .form = "path",
        .complaint = not_empty,
        .needs_restart = true},
    Key{.name = "user",
        .kind = Kind::text,
        .slot = top<&C::user>,
        .meaning = "Drop privileges to this user; empty: stay, or `sluice` when started as root and that user exists.",
        .form = "user name",
        .complaint = user_name,
        .needs_restart = true},

    Key{.name = "limits.head",
        .kind = Kind::size,
        .slot = in<&C::limits, &Limits::head>,
        .meaning = "Largest message head, request or response; 431 or 502 beyond.",
        .least = kKiB,
        .most = 16 * kMiB},
    Key{.name = "limits.request_line",
        .kind = Kind::size,
        .slot = in<&C::limits, &Limits::request_line>,
        .meaning = "Longest request line; 414 beyond.",
        .least = 256,
        .most = 16 * kMiB},
    Key{.name = "limits.fields",
        .kind = Kind::count,
        .slot = in<&C::limits, &Limits::fields>,
        .meaning = "Most fields in a head; 431 or 502 beyond.",
        .least = 8,
        .most = 10'000},
    Key{.name = "limits.chunk_extension",
        .kind = Kind::size,
        .slot = in<&C::limits, &Limits::chunk_extension>,
        .meaning = "Longest extension of one chunk.",
        .most = kMiB},
    Key{.name = "limits.chunk_extensions",
        .kind = Kind::size,
        .slot = in<&C::limits, &Limits::chunk_extensions>,
        .meaning = "All chunk extensions of a message together.",
        .most = 16 * kMiB},
    Key{.name = "limits.trailers",
        .kind = Kind::size,
        .slot = in<&C::limits, &Limits::trailers>,
        .meaning = "Largest trailer section.",
        .most = 16 * kMiB},
    Key{.name = "limits.connections",
        .kind = Kind::count,
        .slot = in<&C::limits, &Limits::connections>,
        .meaning = "Most client connections; 0: what the descriptor limit allows.",
        .most = 10'000'000},

    Key{.name = "timeouts.head",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::head>,
        .meaning = "A request head must be complete within this time.",
        .least = 10,
        .most = kHour},
    Key{.name = "timeouts.keep_alive",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::keep_alive>,
        .meaning = "An idle client connection is closed after this time.",
        .least = 10,
        .most = kDay},
    Key{.name = "timeouts.body_grace",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::body_grace>,
        .meaning = "A request's content may be slow for this long; afterwards timeouts.body_rate holds.",
        .least = 10,
        .most = kHour},
    Key{.name = "timeouts.body_rate",
        .kind = Kind::size,
        .slot = in<&C::timeouts, &Timeouts::body_rate>,
        .meaning = "Octets a second that a request's content must make at least; 0: any rate will do.",
        .most = kGiB},
    Key{.name = "timeouts.write",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::write>,
        .meaning = "A peer that takes no octets for this time is cut.",
        .least = 10,
        .most = kDay},
    Key{.name = "timeouts.connect",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::connect>,
        .meaning = "An upstream connection must be open within this time, all its addresses together; 504 beyond.",
        .least = 10,
        .most = kHour},
    Key{.name = "timeouts.dns",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::dns>,
        .meaning = "A name must be resolved within this time.",
        .least = 10,
        .most = 60 * kSecond,
        .needs_restart = true},
    Key{.name = "timeouts.first_byte",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::first_byte>,
        .meaning = "From the request sent to the head of its response; 504 beyond.",
        .least = 10,
        .most = kDay},
    Key{.name = "timeouts.upstream_idle",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::upstream_idle>,
        .meaning = "Between two octets of a response.",
        .least = 10,
        .most = kDay},
    Key{.name = "timeouts.upstream_keep_alive",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::upstream_keep_alive>,
        .meaning = "An idle upstream connection is kept for reuse this long.",
        .most = kDay},
    Key{.name = "timeouts.hello",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::hello>,
        .meaning = "How long a tunnel waits for the client's first octets when the policy asks for its TLS hello.",
        .least = 10,
        .most = kHour},
    Key{.name = "timeouts.tunnel_idle",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::tunnel_idle>,
        .meaning = "A tunnel without an octet either way is closed after this time.",
        .least = 10,
        .most = 7 * kDay},
    Key{.name = "timeouts.drain",
        .kind = Kind::duration,
        .slot = in<&C::timeouts, &Timeouts::drain>,
        .meaning = "From SIGTERM or `sluice drain` until what is left is cut.",
        .most = kDay},

    Key{.name = "upstream.parent",
        .kind = Kind::text,
        .slot = in<&C::upstream, &Upstream::parent>,
        .meaning = "Parent proxy that requests go to; empty: straight to the origin.",
        .form = "host:port",
        .complaint = parent_or_empty},
    Key{.name = "upstream.parent_bypass",
        .kind = Kind::texts,
        .slot = in<&C::upstream, &Upstream::parent_bypass>,
        .meaning = "Hosts, and everything below them, that are reached without the parent.",
        .form = "host suffixes",
        .complaint = host_suffix},
    Key{.name = "upstream.idle_connections",
        .kind = Kind::count,
        .slot = in<&C::upstream, &Upstream::idle_connections>,
        .meaning = "Idle connections kept for reuse, per worker and origin.",
        .most = 65'536},
    Key{.name = "upstream.dns_servers",
        .kind = Kind::texts,
        .slot = in<&C::upstream, &Upstream::dns_servers>,
        .meaning = "Name servers; empty: those of /etc/resolv.conf.",
        .form = "address or address:port",
        .complaint = name_server,
        .needs_restart = true},
    Key{.name = "upstream.dns_negative_ttl",
        .kind = Kind::duration,
        .slot = in<&C::upstream, &Upstream::dns_negative_ttl>,
        .meaning = "How long the answer that a name does not exist is remembered.",
        .most = kDay,
        .needs_restart = true},
    Key{.name = "upstream.dns_last_good",
        .kind = Kind::duration,
        .slot = in<&C::upstream, &Upstream::dns_last_good>,
        .meaning = "How long an expired answer is used while name servers fail; 0s: never.",
        .most = 7 * kDay,
        .needs_restart = true},

    Key{.name = "forwarding.forwarded",
        .kind = Kind::choice,
        .slot = in<&C::forwarding, &Forwarding::forwarded>,
        .meaning = "What becomes of the Forwarded field of a request (RFC 7239).",
        .choices = kAddDeleteLeave},
    Key{.name = "forwarding.x_forwarded_for",
        .kind = Kind::choice,
        .slot = in<&C::forwarding, &Forwarding::x_forwarded_for>,
        .meaning = "What becomes of the X-Forwarded-For field of a request.",
        .choices = kAddDeleteLeave},
    Key{.name = "forwarding.proxy_authorization",
        .kind = Kind::choice,
        .slot = in<&C::forwarding, &Forwarding::proxy_authorization>,
        .meaning = "Whether a parent proxy gets the client's Proxy-Authorization; auto: unless auth.htpasswd is set. "
                   "Origins never do.",
        .choices = kAutoDeleteLeave},
    Key{.name = "forwarding.via_name",
        .kind = Kind::text,
        .slot = in<&C::forwarding, &Forwarding::via_name>,
        .meaning = "Name of this gateway in Via, Cache-Status and Proxy-Status.",
        .form = "token",
        .complaint = token,
        .needs_restart = true},
    Key{.name = "forwarding.cdn_loop",
        .kind = Kind::text,
        .slot = in<&C::forwarding, &Forwarding::cdn_loop>,
        .meaning =
            "Name of this CDN in CDN-Loop (RFC 8586), for a gateway in front of origin servers; empty: no such field.",
        .form = "token",
        .complaint = token_or_empty},

    Key{.name = "cache.enabled",
        .kind = Kind::boolean,
        .slot = in<&C::cache, &Cache::enabled>,
        .meaning = "Store responses and answer from the store.",
        .needs_restart = true},
    Key{.name = "cache.memory",
        .kind = Kind::size,
        .slot = in<&C::cache, &Cache::memory>,
        .meaning = "Budget of the memory tier, everything counted.",
        .least = kMiB,
        .most = 64 * kTiB},
    Key{.name = "cache.memory_largest",
        .kind = Kind::size,
        .slot = in<&C::cache, &Cache::memory_largest>,
        .meaning = "Largest content that the memory tier takes; at most cache.memory.",
        .least = kKiB,
        .most = 64 * kTiB,
        .needs_restart = true},
    Key{.name = "cache.disk",
        .kind = Kind::size,
        .slot = in<&C::cache, &Cache::disk>,
        .meaning = "Budget of the disk tier; 0: no disk tier. To and from 0 needs a restart.",
        .most = 1024 * kTiB},
    Key{.name = "cache.disk_largest",
        .kind = Kind::size,
        .slot = in<&C::cache, &Cache::disk_largest>,
        .meaning = "Largest content that the disk tier takes; at most cache.disk.",
        .least = kKiB,
        .most = 1024 * kTiB,
        .needs_restart = true},
    Key{.name = "cache.disk_wait",
        .kind = Kind::duration,
        .slot = in<&C::cache, &Cache::disk_wait>,
        .meaning = "How long a client waits for what the disk tier has, until its first octets are there; then the "
                   "request is forwarded.",
        .least = 10,
        .most = 60 * kSecond},
    Key{.name = "cache.read_ahead",
        .kind = Kind::size,
        .slot = in<&C::cache, &Cache::read_ahead>,
        .meaning = "How much is fetched behind a range that a client asked for and that is not stored.",
        .most = kTiB},
    Key{.name = "cache.uncacheable_ttl",
        .kind = Kind::duration,
        .slot = in<&C::cache, &Cache::uncacheable_ttl>,
        .meaning = "How long it is remembered that a URL turned out uncacheable, so that clients do not queue for it.",
        .most = kDay},
    Key{.name = "cache.stale_when_unreachable",
        .kind = Kind::duration,
        .slot = in<&C::cache, &Cache::stale_when_unreachable>,
        .meaning = "How stale a stored response may be that is used because its origin server cannot be reached, when "
                   "neither stale-if-error nor a `cache grace` line says how long; 0: not at all.",
        .most = 365 * kDay},
    Key{.name = "cache.collapse_wait",
        .kind = Kind::duration,
        .slot = in<&C::cache, &Cache::collapse_wait>,
        .meaning = "How long a client waits for another's forward of the same URL before it makes its own.",
        .most = kHour},
    Key{.name = "cache.finish_aborted",
        .kind = Kind::boolean,
        .slot = in<&C::cache, &Cache::finish_aborted>,
        .meaning = "Go on storing a response when every client that wanted it has gone."},
    Key{.name = "cache.targets",
        .kind = Kind::texts,
        .slot = in<&C::cache, &Cache::targets>,
        .meaning = "Targeted fields (RFC 9213): of a response the first one that is there and valid takes the place of "
                   "Cache-Control and Expires. What is stored keeps its directives until it is validated.",
        .form = "field names",
        .complaint = targeted_field},

    Key{.name = "log.file",
        .kind = Kind::text,
        .slot = in<&C::log, &Log::file>,
        .meaning = "Access log; empty: STATE/access.log; \"-\": standard output.",
        .form = "path",
        .needs_restart = true},
    Key{.name = "log.format",
        .kind = Kind::choice,
        .slot = in<&C::log, &Log::format>,
        .meaning = "Format of the access log; json alone has the cause of a miss.",
        .choices = kLogFormats,
        .needs_restart = true},

    Key{.name = "admin.metrics",
        .kind = Kind::text,
        .slot = in<&C::admin, &Admin::metrics>,
        .meaning = "Where Prometheus reads /metrics; empty: nowhere.",
        .form = "address:port",
        .complaint = address_or_empty,
        .needs_restart = true},
    Key{.name = "admin.socket",
        .kind = Kind::text,
        .slot = in<&C::admin, &Admin::socket>,
        .meaning = "Control socket of the `sluice` tool; empty: STATE/control.sock.",
        .form = "path",
        .complaint = socket_path,
        .needs_restart = true},
    Key{.name = "admin.users",
        .kind = Kind::texts,
        .slot = in<&C::admin, &Admin::users>,
        .meaning = "Users who may use the control socket, beside root and the daemon's own user.",
        .form = "user names",
        .complaint = user_name_not_empty},

    Key{.name = "policy.file",
        .kind = Kind::text,
        .slot = in<&C::policy, &Policy::file>,
        .meaning =
            "Policy text; empty: STATE/policy.sluice, made from the default policy on first start. A file that is "
            "named here must exist.",
        .form = "path",
        .needs_restart = true},
    Key{.name = "policy.unloadable",
        .kind = Kind::choice,
        .slot = in<&C::policy, &Policy::unloadable>,
        .meaning =
            "A start whose policy is not valid or cannot be read: closed denies every request until a good one is "
            "applied, and raises an alarm; refuse does not start.",
        .choices = kClosedRefuse,
        .needs_restart = true},

    Key{.name = "lists.trust",
        .kind = Kind::text,
        .slot = in<&C::lists, &Lists::trust>,
        .meaning =
            "File of certificates (PEM): authorities that https lists may be certified by, beside those that the "
            "system trusts. Read whenever a list is fetched; empty: the system's alone.",
        .form = "path"},

    Key{.name = "auth.htpasswd",
        .kind = Kind::text,
        .slot = in<&C::auth, &Auth::htpasswd>,
        .meaning =
            "Users who can sign in, a line each, `user:hash` (bcrypt or $6$); read again when it changes. Empty: "
            "nobody can.",
        .form = "path"},
    Key{.name = "auth.realm",
        .kind = Kind::text,
        .slot = in<&C::auth, &Auth::realm>,
        .meaning = "What browsers show when they ask for name and password.",
        .form = "text",
        .complaint = realm},
    Key{.name = "auth.cache_ttl",
        .kind = Kind::duration,
        .slot = in<&C::auth, &Auth::cache_ttl>,
        .meaning = "Credentials that were verified are not verified again for this long, unless the file changes.",
        .most = 7 * kDay},
    Key{.name = "auth.refused_ttl",
        .kind = Kind::duration,
        .slot = in<&C::auth, &Auth::refused_ttl>,
        .meaning = "Credentials that were refused are refused without a look for this long.",
        .most = kHour},
    Key{.name = "auth.cache_entries",
        .kind = Kind::count,
        .slot = in<&C::auth, &Auth::cache_entries>,
        .meaning = "Credentials that are remembered, of each kind.",
        .least = 1,
        .most = 10'000'000},
};

struct Section {
  std::string_view name;
  std::string_view meaning;
};
constexpr std::array kSections{
    Section{"limits", "How large the parts of a message may be."},
    Section{"timeouts", "How long each wait may last."},
    Section{"upstream", "How origins are found and reached."},
    Section{"forwarding", "What a forwarded request says about its client and this gateway."},
    Section{"cache", "What is stored, and how much of it."},
    Section{"log", "The access log."},
    Section{"admin", "How operators and monitoring reach the daemon."},
    Section{"policy", "What is allowed."},
    Section{"lists", "Lists that are fetched from URLs."},
    Section{"auth", "Who clients are: users for conditions of the policy."},
};

}  // namespace

std::span<const Key> keys() noexcept {
  return kKeys;
}

std::string_view section_meaning(std::string_view section) noexcept {
  const auto found = std::ranges::find(kSections, section, &Section::name);
  return found == kSections.end() ? std::string_view() : found->meaning;
}

std::span<const std::string_view> listener_modes() noexcept {
  return kModes;
}

}  // namespace sluice::config
