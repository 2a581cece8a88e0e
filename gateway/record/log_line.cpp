// One access log line in each format.

#include <algorithm>
#include <charconv>
#include <cstring>

#include "gateway/record/access_log.hpp"
#include "gateway/record/log_text.hpp"
#include "gateway/record/metrics.hpp"

namespace sluice::record {
namespace {

// The members of one JSON object, written into memory that is large enough. Keys are literals that need no escaping and
// come with their punctuation (`,"key":`), so that a member is a copy of known size and its value.
class JsonMembers {
 public:
  explicit JsonMembers(char* to) : to_(to) {}

  template <std::size_t kSize>
  void literal(const char (&text)[kSize]) {
    std::memcpy(to_, text, kSize - 1);
    to_ += kSize - 1;
  }
  void time(std::chrono::system_clock::time_point value) { to_ = write_rfc3339(to_, value); }
  template <std::size_t kSize>
  void text(const char (&key)[kSize], std::string_view value) {
    if (value.empty()) { return; }
    literal(key);
    *to_++ = '"';
    to_ = write_json_text(to_, value);
    *to_++ = '"';
  }
  // A word of ours from a closed list: nothing to escape.
  template <std::size_t kSize>
  void word(const char (&key)[kSize], std::string_view value) {
    literal(key);
    *to_++ = '"';
    std::memcpy(to_, value.data(), value.size());
    to_ += value.size();
    *to_++ = '"';
  }
  template <std::size_t kSize, std::integral Number>
  void number(const char (&key)[kSize], Number value) {
    literal(key);
    to_ = std::to_chars(to_, to_ + kLongestNumber, value).ptr;
  }
  template <std::size_t kSize>
  void flag(const char (&key)[kSize], bool value) {
    if (!value) { return; }
    literal(key);
    literal("true");
  }

  static constexpr std::size_t kLongestNumber = 24;
  char* end() const noexcept { return to_; }

 private:
  char* to_;
};

// Octets that a line may take at most: every text in the worst case, and far more than all keys, words and numbers.
std::size_t largest_json(const AccessRecord& record, const policy::ListEntryText& entry) {
  std::size_t texts = 0;
  for (const std::string_view text : {record.request_id,
                                      record.client,
                                      record.user,
                                      record.listener,
                                      record.method,
                                      record.url,
                                      record.http_version,
                                      record.content_type,
                                      record.referer,
                                      record.user_agent,
                                      record.decision.rule_id,
                                      record.decision.reason,
                                      record.decision.shadow_id,
                                      record.shadow_setting,
                                      record.limit,
                                      record.kept_by,
                                      record.upstream,
                                      record.mode,
                                      record.destination,
                                      record.server_name,
                                      record.protocols,
                                      std::string_view(entry.list),
                                      std::string_view(entry.category),
                                      std::string_view(entry.entry)}) {
    texts += text.size();
  }
  return kJsonGrowth * texts + 1536;
}

void append_request(const AccessRecord& record, JsonMembers& json) {
  json.text(R"(,"id":)", record.request_id);
  json.text(R"(,"client":)", record.client);
  json.text(R"(,"user":)", record.user);
  json.text(R"(,"listener":)", record.listener);
  json.text(R"(,"mode":)", record.mode);
  json.text(R"(,"method":)", record.method);
  json.text(R"(,"url":)", record.url);
  if (record.is_query_stripped) { json.word(R"(,"query":)", "stripped"); }
  json.text(R"(,"version":)", record.http_version);
  json.number(R"(,"status":)", record.status);
  json.number(R"(,"received":)", record.received);
  json.number(R"(,"sent":)", record.sent);
  json.number(R"(,"duration_us":)", record.duration.count());
  if (record.first_byte.count() != 0) { json.number(R"(,"first_byte_us":)", record.first_byte.count()); }
  json.text(R"(,"type":)", record.content_type);
  json.text(R"(,"referer":)", record.referer);
  json.text(R"(,"agent":)", record.user_agent);
}

void append_decision(const policy::Decision& decision, const policy::ListEntryText& entry, JsonMembers& json) {
  if (decision.verdict != policy::Verdict::undecided) { json.word(R"(,"verdict":)", to_string(decision.verdict)); }
  json.text(R"(,"rule":)", decision.rule_id);
  json.text(R"(,"reason":)", decision.reason);
  if (decision.shadow_verdict != policy::Verdict::undecided) {
    json.text(R"(,"shadow":)", decision.shadow_id);
    json.word(R"(,"shadow_verdict":)", to_string(decision.shadow_verdict));
  }
  if (decision.version != 0) { json.number(R"(,"policy":)", decision.version); }
  if (decision.listed.set == nullptr) { return; }
  json.text(R"(,"list":)", entry.list);
  json.text(R"(,"category":)", entry.category);
  json.text(R"(,"entry":)", entry.entry);
  json.number(R"(,"entry_line":)", entry.line);
}

void append_cache(const AccessRecord& record, JsonMembers& json) {
  const cache::CacheStatus& status = record.cache;
  json.word(R"(,"cache":)", to_string(outcome_of(record)));
  if (status.forward != cache::CacheStatus::Forward::none) { json.word(R"(,"cache_fwd":)", to_string(status.forward)); }
  if (status.forward_status != 0) { json.number(R"(,"cache_fwd_status":)", status.forward_status); }
  if (status.ttl) { json.number(R"(,"cache_ttl":)", static_cast<std::int64_t>(status.ttl->count())); }
  if (status.cause != cache::MissCause::none) { json.word(R"(,"cause":)", to_string(status.cause)); }
  json.flag(R"(,"stored":)", status.stored);
  json.flag(R"(,"collapsed":)", status.collapsed);
}

char* write_json(const AccessRecord& record, const policy::ListEntryText& entry, char* to) {
  JsonMembers json(to);
  json.literal(R"({"time":")");
  json.time(record.start);
  json.literal("\"");
  append_request(record, json);
  append_decision(record.decision, entry, json);
  json.text(R"(,"shadow_setting":)", record.shadow_setting);
  json.text(R"(,"limit":)", record.limit);
  json.text(R"(,"kept_by":)", record.kept_by);
  append_cache(record, json);
  json.text(R"(,"upstream":)", record.upstream);
  json.text(R"(,"to":)", record.destination);
  json.text(R"(,"hello":)", record.hello);
  json.text(R"(,"sni":)", record.server_name);
  json.text(R"(,"alpn":)", record.protocols);
  json.flag(R"(,"ech":)", record.has_ech);
  json.flag(R"(,"parent":)", record.through_parent);
  json.flag(R"(,"tunnel":)", record.tunnel);
  if (record.error) { json.word(R"(,"error":)", to_string(*record.error)); }
  json.literal("}\n");
  return json.end();
}

void append_json(const AccessRecord& record, std::string& out) {
  const policy::Decision& decision = record.decision;
  const policy::ListEntryText entry = decision.listed.set == nullptr ? policy::ListEntryText{} : decision.list_entry();
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + largest_json(record, entry), [&](char* data, std::size_t) {
    return static_cast<std::size_t>(write_json(record, entry, data + before) - data);
  });
}

// Squid's words for a request that went to the origin server. A stored response was there when it was forwarded as
// stale; the client forced it when it was forwarded because of the request.
std::string_view squid_forward_code(const cache::CacheStatus& status) {
  using Forward = cache::CacheStatus::Forward;
  switch (status.forward) {
    case Forward::stale:
      return "TCP_REFRESH_MODIFIED";
    case Forward::request:
      return "TCP_CLIENT_REFRESH_MISS";
    default:
      return "TCP_MISS";
  }
}

std::string_view squid_code(const AccessRecord& record) {
  switch (outcome_of(record)) {
    case Outcome::hit:
      return record.from_memory ? "TCP_MEM_HIT" : "TCP_HIT";
    case Outcome::stale_hit:
      if (record.cache.cause == cache::MissCause::error) { return "TCP_REFRESH_FAIL_OLD"; }
      return record.from_memory ? "TCP_MEM_HIT" : "TCP_HIT";
    case Outcome::validated:
      return "TCP_REFRESH_UNMODIFIED";
    case Outcome::collapsed:
      return "TCP_CF_HIT";
    case Outcome::denied:
      return "TCP_DENIED";
    case Outcome::redirected:
      return "TCP_REDIRECT";
    case Outcome::tunnel:
      return "TCP_TUNNEL";
    case Outcome::local:
      return "NONE_NONE";
    case Outcome::error:
      return record.url.empty() ? "NONE_NONE" : "TCP_MISS";
    default:
      return squid_forward_code(record.cache);
  }
}

// Squid marks what the client gave up, and what ran into a limit, behind the code.
std::string_view squid_code_suffix(const AccessRecord& record) {
  if (!record.error) { return {}; }
  switch (*record.error) {
    case ErrorKind::client_gone:
      return "_ABORTED";
    case ErrorKind::connection_timeout:
    case ErrorKind::connection_read_timeout:
    case ErrorKind::http_response_timeout:
    case ErrorKind::dns_timeout:
    case ErrorKind::request_timeout:
      return "_TIMEDOUT";
    default:
      return {};
  }
}

// "192.0.2.1:80" and "[2001:db8::1]:80" without port and brackets: Squid names the peer alone.
std::string_view peer_address(std::string_view upstream) {
  const std::size_t colon = upstream.rfind(':');
  if (colon != std::string_view::npos) { upstream = upstream.substr(0, colon); }
  if (upstream.starts_with('[') && upstream.ends_with(']')) { upstream = upstream.substr(1, upstream.size() - 2); }
  return upstream;
}

void append_squid_peer(const AccessRecord& record, std::string& out) {
  if (record.upstream.empty()) {
    out += "HIER_NONE/-";
    return;
  }
  out += record.through_parent ? "FIRSTUP_PARENT/" : "HIER_DIRECT/";
  append_word(out, peer_address(record.upstream));
}

// The media type without parameters, as Squid logs it.
std::string_view media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ') || content_type.ends_with('\t')) { content_type.remove_suffix(1); }
  return content_type;
}

void append_squid(const AccessRecord& record, std::string& out) {
  const std::int64_t start = epoch_milliseconds(record.start);
  append_number(out, start / 1000);
  out += '.';
  append_padded(out, start % 1000, 3, '0');
  out += ' ';
  append_padded(out, std::chrono::floor<std::chrono::milliseconds>(record.duration).count(), 6, ' ');
  out += ' ';
  append_word(out, record.client);
  out += ' ';
  out += squid_code(record);
  out += squid_code_suffix(record);
  out += '/';
  append_padded(out, record.status, 3, '0');
  out += ' ';
  append_number(out, record.sent);
  out += ' ';
  append_word(out, record.method);
  out += ' ';
  append_word(out, record.url.empty() ? std::string_view("error:invalid-request") : record.url);
  out += ' ';
  append_word(out, record.user);
  out += ' ';
  append_squid_peer(record, out);
  out += ' ';
  append_word(out, media_type(record.content_type));
  out += '\n';
}

void append_request_line(const AccessRecord& record, std::string& out) {
  if (record.method.empty() && record.url.empty()) {
    out += '-';
    return;
  }
  append_quoted_text(out, record.method);
  out += ' ';
  append_quoted_text(out, record.url);
  out += ' ';
  append_quoted_text(out, record.http_version);
}

void append_combined(const AccessRecord& record, std::string& out) {
  append_word(out, record.client);
  out += " - ";
  append_word(out, record.user);
  out += " [";
  append_common_log_time(out, record.start);
  out += "] \"";
  append_request_line(record, out);
  out += "\" ";
  append_padded(out, record.status, 3, '0');
  out += ' ';
  append_number(out, record.sent - std::min(record.sent, record.sent_heads));
  out += " \"";
  append_quoted_text(out, record.referer);
  out += "\" \"";
  append_quoted_text(out, record.user_agent);
  out += "\"\n";
}

}  // namespace

void append_line(const AccessRecord& record, LogFormat format, std::string& out) {
  switch (format) {
    case LogFormat::json:
      return append_json(record, out);
    case LogFormat::squid:
      return append_squid(record, out);
    case LogFormat::combined:
      return append_combined(record, out);
    case LogFormat::none:
      return;
  }
}

}  // namespace sluice::record
