#include "gateway/control/protocol/message.hpp"

#include <array>
#include <utility>

#include "gateway/control/protocol/members.hpp"

namespace sluice::control {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(ErrorCode::count_)> kCodes{
    "bad_request",           "unknown_command", "not_permitted", "not_found", "invalid_policy",
    "invalid_configuration", "rolled_back",     "shutting_down", "failed",    "unreachable"};

// Octets that are not UTF-8 (a URL in a log line) are replaced rather than refused.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Error malformed_request(std::string message) {
  return {ErrorCode::bad_request, std::move(message), "sluice --help", {}};
}

Error malformed_reply() {
  return {ErrorCode::failed, "the daemon's reply is not of the control protocol", "sluice --version", {}};
}

}  // namespace

std::string_view to_string(ErrorCode code) noexcept {
  return kCodes[static_cast<std::size_t>(code)];
}

ErrorCode error_code_of(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    if (kCodes[i] == text) { return static_cast<ErrorCode>(i); }
  }
  return ErrorCode::failed;
}

Answer<Request> parse_request(std::string_view line) {
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) { return std::unexpected(malformed_request("the request is not a JSON object")); }
  if (!json.contains("command") || !json["command"].is_string()) {
    return std::unexpected(malformed_request("the request has no `command`"));
  }
  Request request{json["command"].get<std::string>(), Json::object()};
  if (json.contains("arguments")) {
    if (!json["arguments"].is_object()) {
      return std::unexpected(malformed_request("the request's `arguments` are not an object"));
    }
    request.arguments = std::move(json["arguments"]);
  }
  return request;
}

Answer<Json> parse_reply(std::string_view line) {
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("ok") || !json["ok"].is_boolean()) {
    return std::unexpected(malformed_reply());
  }
  if (json["ok"].get<bool>()) { return json.contains("result") ? std::move(json["result"]) : Json::object(); }
  try {
    return std::unexpected(json.at("error").get<Error>());
  } catch (const Json::exception&) { return std::unexpected(malformed_reply()); }
}

std::string encode(const Request& request) {
  Json json;
  json["command"] = request.command;
  json["arguments"] = request.arguments;
  return line_of(json);
}

std::string encode_result(const Json& result) {
  Json json;
  json["ok"] = true;
  json["result"] = result;
  return line_of(json);
}

std::string encode_error(const Error& error) {
  Json json;
  json["ok"] = false;
  json["error"] = error;
  return line_of(json);
}

SLUICE_JSON_MEMBERS(Diagnostic, severity, file, line, column, message, excerpt, text)

void to_json(Json& json, const Error& error) {
  json["code"] = to_string(error.code);
  json["message"] = error.message;
  json["next"] = error.next;
  if (!error.diagnostics.empty()) { json["diagnostics"] = error.diagnostics; }
}

void from_json(const Json& json, Error& error) {
  error.code = error_code_of(json.value("code", std::string()));
  error.message = json.value("message", std::string());
  error.next = json.value("next", std::string());
  error.diagnostics = json.value("diagnostics", std::vector<Diagnostic>());
}

std::string unknown_member(const Json& given, const Json& known) {
  for (const auto& member : given.items()) {
    if (!known.contains(member.key())) { return member.key(); }
  }
  return "";
}

Error bad_arguments(const Request& request, std::string_view what) {
  return malformed_request("`" + request.command + "`: " + std::string(what));
}

}  // namespace sluice::control
