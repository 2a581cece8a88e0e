#include "tools/sluice/context.hpp"

#include <cstdio>
#include <cstring>
#include <utility>

#include "tools/sluice/client.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/shell.hpp"
#include "tools/sluice/socket_path.hpp"

namespace sluice::cli {
namespace {

void print_diagnostics(const std::vector<control::Diagnostic>& diagnostics) {
  for (const control::Diagnostic& diagnostic : diagnostics) { print_error(diagnostic.text + "\n"); }
}

}  // namespace

void print_error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string Context::socket_path() const {
  return socket.empty() ? default_socket_path() : socket;
}

std::string Context::command(std::string_view rest) const {
  return "sluice " + (socket.empty() ? "" : "--socket " + shell_quoted(socket) + " ") + std::string(rest);
}

namespace {

// The daemon does not know which socket it was reached by.
std::string next_command(const Context& context, const std::string& next) {
  constexpr std::string_view kTool = "sluice ";
  const bool is_command = next.starts_with(kTool) && !next.contains(" --socket ") && !next.ends_with(" --help");
  return is_command ? context.command(std::string_view(next).substr(kTool.size())) : next;
}

}  // namespace

int report(const Context& context, const control::Error& error) {
  if (context.json) {
    control::Json json;
    json["error"] = error;
    print_error(json.dump(2, ' ', false, control::Json::error_handler_t::replace) + "\n");
    return exit_code_of(error.code);
  }
  print_diagnostics(error.diagnostics);
  print_error("sluice: " + error.message + "\n");
  if (!error.next.empty()) { print_error("next: " + next_command(context, error.next) + "\n"); }
  return exit_code_of(error.code);
}

void report_warnings(const std::vector<control::Diagnostic>& warnings) {
  print_diagnostics(warnings);
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_json(const control::Json& json) {
  print(json.dump(2, ' ', false, control::Json::error_handler_t::replace) + "\n");
}

void print_json_line(const control::Json& json) {
  print(json.dump(-1, ' ', false, control::Json::error_handler_t::replace) + "\n");
}

control::Error usage_error(std::string message, std::string next) {
  return {control::ErrorCode::bad_request, std::move(message), std::move(next), {}};
}

control::Error unreadable(const std::string& what, int code, std::string next) {
  return usage_error(what + " cannot be read: " + std::strerror(code), std::move(next));
}

control::Answer<control::Json> ask_daemon(const Context& context, std::string_view command, control::Json arguments) {
  auto client = Client::connect(context.socket_path());
  if (!client) { return std::unexpected(client.error()); }
  return client->ask({std::string(command), std::move(arguments)});
}

}  // namespace sluice::cli
