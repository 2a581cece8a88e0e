#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/control/judge/field_list.hpp"
#include "gateway/http/target_uri.hpp"
#include "policy/decision.hpp"
#include "policy/facts.hpp"

namespace sluice::control {

// What a JSON line of the access log says about one exchange. Texts live until the next line is read.
struct LoggedExchange {
  std::chrono::sys_seconds time{};
  std::string_view id;
  std::string_view client;
  std::string_view user;
  std::string_view listener;
  std::string_view mode;
  std::string_view method;
  std::string_view url;
  bool is_query_stripped = false;  // from the URL
  std::string_view referer;        // "" when the request had none
  std::string_view user_agent;
  std::string_view destination;  // address; "" when none was known
  std::string_view type;         // of the response
  std::string_view hello;        // what the client began its tunnel with, "tls" or "none"; "" when nobody asked
  std::string_view server_name;  // of the hello; "" when it has none
  std::string_view protocols;    // that it offers: "h2,http/1.1"
  bool has_ech = false;
  std::string_view verdict;  // "" when there was none: see unjudged()
  std::string_view rule;     // that decided, or that asked who the client is
  std::string_view limit;    // the `limit` line that refused or cut it; "" when none did
  std::string_view error;    // a word of ErrorKind; "" when all went well
  std::uint64_t policy = 0;  // its version; 0 when not said
  int status = 0;            // of the response; 0 when none was sent
};

// The few fields of a message that the log has.
inline constexpr std::array<std::string_view, 2> kLoggedRequestFields{"User-Agent", "Referer"};
inline constexpr std::array<std::string_view, 1> kLoggedResponseFields{"Content-Type"};

// Why there is no verdict: the client was asked for a name and a password, or had too much open, ahead of one; or the
// request could not be read, and nothing was asked.
enum class Unjudged : std::uint8_t { asked_for_user, limited, not_asked };
std::optional<Unjudged> unjudged(const LoggedExchange& exchange) noexcept;  // nullopt: there is one

// Did the policy let it pass?
bool passed(const LoggedExchange& exchange) noexcept;

// Reads lines of the access log, and makes facts of them.
// Thread: one. Lifetime: what a line gave lives until the next one is read.
class LogReader {
 public:
  LogReader();
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  // Errors: why the line is none of ours. `line` must be followed by kPadding octets that may be read.
  static constexpr std::size_t kPadding = 64;
  std::expected<LoggedExchange, std::string_view> read(std::string_view line);

  // What the policy could have known. Fields other than User-Agent, Referer and the response's Content-Type, and the
  // size of the content, are not in the log, who was not asked has no user there, and a tunnel of which nobody asked it
  // no hello: they stay unknown, and so does a query that was stripped. Where the log has no address, conditions on it
  // do not hold. Errors: why the target cannot be read.
  std::expected<policy::Facts, std::string_view> facts_of(const LoggedExchange& exchange);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  http::TargetUri target_;
  std::vector<std::string_view> protocols_;
  FieldList fields_;
  FieldList response_fields_;
};

// The names in "h2,http/1.1".
std::vector<std::string_view> split_protocols(std::string_view text);

// Seconds of "2026-11-26T01:02:03.004Z"; none when it is not in this form (RFC 3339, as the log writes it).
std::optional<std::chrono::sys_seconds> parse_log_time(std::string_view text) noexcept;

}  // namespace sluice::control
