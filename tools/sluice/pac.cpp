#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "gateway/http/target_uri.hpp"
#include "policy/address.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_source.hpp"

namespace sluice::cli {
namespace {

struct PacOptions {
  PolicySource source;
  std::string proxy;
};

constexpr const char* kHelp = "sluice pac --help";

std::string with_port(const std::string& host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

control::Answer<std::string> proxy_named(const std::string& text) {
  const auto authority = http::parse_authority(text, 0);
  if (authority) { return with_port(authority->host, authority->port); }
  return std::unexpected(usage_error("`" + text + "` is no HOST:PORT that clients could connect to", kHelp));
}

control::Answer<std::string> own_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0') { return std::string(name.data()); }
  return std::unexpected(usage_error("this host has no name; say what clients connect to with --proxy", kHelp));
}

// The first listener, and the name of this host where that takes connections to any address.
control::Answer<std::string> proxy_of_daemon(const Context& context) {
  const auto status = ask<control::Status>(context, control::command::kStatus);
  if (!status) { return std::unexpected(status.error()); }
  if (status->listeners.empty()) {
    return std::unexpected(usage_error("the daemon listens nowhere; say what clients connect to with --proxy", kHelp));
  }
  const auto listener = http::parse_authority(status->listeners.front().address, 0);
  if (!listener) { return proxy_named(status->listeners.front().address); }
  const auto address = policy::Address::parse(listener->host);
  const bool is_any = address && (*address == policy::Address() || *address == policy::Address::from_ipv4({}));
  if (!is_any) { return with_port(listener->host, listener->port); }
  const auto name = own_name();
  if (!name) { return name; }
  return proxy_named(*name + ":" + std::to_string(listener->port));
}

control::Answer<std::string> proxy_of(const Context& context, const PacOptions& options) {
  if (!options.proxy.empty()) { return proxy_named(options.proxy); }
  if (options.source.file.empty()) { return proxy_of_daemon(context); }
  return std::unexpected(usage_error("a file does not say what clients connect to: --proxy HOST:PORT", kHelp));
}

void print_unsaid(const policy::Pac& pac) {
  if (pac.unsaid.empty()) { return; }
  std::fprintf(stderr, "sluice: %s said, %zu not: their traffic comes to the gateway, which knows them\n",
               plural(pac.said, "bypass rule").c_str(), pac.unsaid.size());
  for (const auto& rule : pac.unsaid) {
    std::fprintf(stderr, "  %s  %s: %s\n", rule.rule_id.c_str(), printable(rule.text).c_str(), rule.why.c_str());
  }
}

control::Json as_json(const policy::Pac& pac, const std::string& proxy) {
  auto unsaid = control::Json::array();
  for (const auto& rule : pac.unsaid) {
    unsaid.push_back({{"rule", rule.rule_id}, {"text", rule.text}, {"why", rule.why}});
  }
  return {{"proxy", proxy}, {"pac", policy::pac_text(pac, proxy)}, {"said", pac.said}, {"unsaid", unsaid}};
}

int pac(const Context& context, const PacOptions& options) {
  const auto proxy = proxy_of(context, options);
  if (!proxy) { return report(context, proxy.error()); }
  const auto snapshot = compile_source(context, options.source);
  if (!snapshot) { return report(context, snapshot.error()); }
  const auto& pac = (*snapshot)->pac();
  if (context.json) {
    print_json(as_json(pac, *proxy));
    return kOk;
  }
  print(policy::pac_text(pac, *proxy));
  print_unsaid(pac);
  return kOk;
}

}  // namespace

void add_pac(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("pac", "The PAC file: by the policy's bypass rules past the gateway");
  command->fallthrough();
  const auto options = std::make_shared<PacOptions>();
  command->add_option("--proxy", options->proxy, "What clients connect to (default: the daemon's first listener)")
      ->type_name("HOST:PORT");
  add_policy_source(*command, options->source);
  command->callback([&context, options] { context.action = [&context, options] { return pac(context, *options); }; });
}

}  // namespace sluice::cli
