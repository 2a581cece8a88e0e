#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "gateway/control/protocol/json.hpp"

// The control protocol: JSON lines over a Unix stream socket. A request is one line,
//     {"command": "status", "arguments": {...}}
// and so is its reply,
//     {"ok": true, "result": {...}}    or    {"ok": false, "error": {"code": "...", "message": "...", "next": "..."}}
// Requests on one connection are answered in order. A streaming command (log.tail that follows, status that watches) is
// answered with one such line for each piece; it ends when either side closes.
namespace sluice::control {

// A request that is longer is refused and the connection closed. A policy text of 4 MiB fits.
inline constexpr std::size_t kLongestRequest = 8 << 20;

enum class ErrorCode : std::uint8_t {
  bad_request,  // not JSON, no command, an argument of the wrong type or unknown
  unknown_command,
  not_permitted,          // the peer may not use the socket
  not_found,              // no such rule, no such stored response
  invalid_policy,         // see `diagnostics`
  invalid_configuration,  // see `diagnostics`
  rolled_back,            // applied, then undone: what was before is in force
  shutting_down,
  failed,       // the daemon could not do it: disk, permissions
  unreachable,  // no daemon answers; said by the tool, never by the daemon
  count_,
};
std::string_view to_string(ErrorCode code) noexcept;
ErrorCode error_code_of(std::string_view text) noexcept;  // `failed` for a word from a newer daemon

// A diagnostic of a policy or a configuration, as the operator reads it.
struct Diagnostic {
  std::string severity = "error";  // error | warning
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;
  std::string excerpt;
  std::string text;  // all of it, ready to print
};

struct Error {
  ErrorCode code = ErrorCode::failed;
  std::string message;  // a sentence without a full stop
  std::string next;     // the next sensible command: "sluice policy list"; may be empty
  std::vector<Diagnostic> diagnostics;
};

struct Request {
  std::string command;
  Json arguments = Json::object();
};

template <typename T>
using Answer = std::expected<T, Error>;

// A line without its line feed. Errors: bad_request.
Answer<Request> parse_request(std::string_view line);
// The result of a reply line. Errors: what the daemon said, or `failed` when the line is no reply.
Answer<Json> parse_reply(std::string_view line);

// Lines with their line feed.
std::string encode(const Request& request);
std::string encode_result(const Json& result);
std::string encode_error(const Error& error);

void to_json(Json& json, const Diagnostic& diagnostic);
void from_json(const Json& json, Diagnostic& diagnostic);
void to_json(Json& json, const Error& error);
void from_json(const Json& json, Error& error);

// The members of `given` that T does not have; for arguments, where a misspelt name must not be ignored.
std::string unknown_member(const Json& given, const Json& known);
Error bad_arguments(const Request& request, std::string_view what);

// The arguments of a request as a struct of commands.hpp; members that are absent keep their defaults.
// Errors: bad_request when a member has the wrong type or is unknown.
template <typename T>
Answer<T> arguments_of(const Request& request) {
  try {
    const std::string unknown = unknown_member(request.arguments, Json(T{}));
    if (!unknown.empty()) { return std::unexpected(bad_arguments(request, "unknown argument `" + unknown + "`")); }
    return request.arguments.get<T>();
  } catch (const Json::exception& exception) { return std::unexpected(bad_arguments(request, exception.what())); }
}

// A result as a struct of commands.hpp; members that an older daemon does not send keep their defaults.
template <typename T>
Answer<T> result_of(const Json& result) {
  try {
    return result.get<T>();
  } catch (const Json::exception& exception) {
    return std::unexpected(Error{ErrorCode::failed,
                                 std::string("the daemon's reply was not understood: ") + exception.what(),
                                 "sluice --version",
                                 {}});
  }
}

}  // namespace sluice::control
