#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "gateway/control/protocol.hpp"
#include "tools/sluice/terminal.hpp"

namespace sluice::cli {

// What every command knows: the global options, and what it is to do once the command line was read.
struct Context {
  std::string socket;  // of --socket; "" when it was not given
  bool json = false;
  Terminal terminal;
  std::function<int()> action;  // gives the exit code

  std::string socket_path() const;
  // A command for the operator to type next, with --socket when it was given: "sluice policy list".
  std::string command(std::string_view rest) const;
};

// Prints an error to standard error, its diagnostics, and the next sensible command. Returns the exit code.
int report(const Context& context, const control::Error& error);
void report_warnings(const std::vector<control::Diagnostic>& warnings);

void print_error(std::string_view text);  // to standard error

// Prints to standard output.
void print(std::string_view text);
void print_json(const control::Json& json);       // indented, keys in the order of the protocol's structs
void print_json_line(const control::Json& json);  // for streams: one value a line

control::Error usage_error(std::string message, std::string next);
control::Error unreadable(const std::string& what, int code, std::string next);  // `code`: of errno

control::Answer<control::Json> ask_daemon(const Context& context, std::string_view command, control::Json arguments);

// One request to the daemon with a typed reply.
template <typename T>
control::Answer<T> ask(const Context& context, std::string_view command,
                       control::Json arguments = control::Json::object()) {
  const auto reply = ask_daemon(context, command, std::move(arguments));
  if (!reply) { return std::unexpected(reply.error()); }
  return control::result_of<T>(*reply);
}

}  // namespace sluice::cli
