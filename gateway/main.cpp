// sluiced: the daemon's command line.

#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "gateway/check.hpp"
#include "gateway/config/load.hpp"
#include "gateway/gateway.hpp"
#include "gateway/version.hpp"

namespace {

constexpr const char* kDefaultFile = "/etc/sluice/sluice.yaml";
constexpr int kInvalid = 3;  // configuration or policy
constexpr int kFailed = 1;
constexpr int kUsage = 2;

// The packaged file when it is there and no other was named.
std::string default_file() {
  return ::access(kDefaultFile, R_OK) == 0 ? kDefaultFile : "";
}

int check(const sluice::StartOptions& options, const sluice::config::Configuration& configuration) {
  if (!sluice::check_start(configuration)) { return kInvalid; }
  std::printf("%s: ok\n", options.config_file.empty() ? "defaults" : options.config_file.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "sluiced, the Sluice gateway. Stays in the foreground; SIGTERM drains, SIGHUP reloads, SIGUSR1 reopens the log."};
  sluice::StartOptions options;
  std::string state_directory;
  bool check_only = false;
  bool no_file = false;
  auto* file = app.add_option("-c,--config", options.config_file,
                              "configuration file (default: /etc/sluice/sluice.yaml if it exists)");
  app.add_flag("--defaults", no_file, "no configuration file: defaults and --set only")->excludes(file);
  app.add_option("--set", options.overrides, "KEY=VALUE, for instance cache.memory=64MiB; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--state-directory", state_directory,
                 "cache, policy, log and control socket; the key state_directory");
  app.add_flag("--check", check_only, "check configuration, accounts and policy, and exit: 0 good, 3 not");
  app.add_flag("--live", options.live, "a summary line every second, on a terminal");
  app.set_version_flag("--version", std::string("sluiced ") + sluice::kVersion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) { return app.exit(error) == 0 ? 0 : kUsage; }

  if (options.config_file.empty() && !no_file) { options.config_file = default_file(); }
  if (!state_directory.empty()) { options.overrides.push_back("state_directory=" + state_directory); }
  auto configuration = sluice::config::load_file(options.config_file, options.overrides);
  if (!configuration) {
    std::fputs(sluice::config::text_of(configuration.error()).c_str(), stderr);
    return kInvalid;
  }
  if (check_only) { return check(options, *configuration); }
  try {
    sluice::Gateway gateway(options, std::move(*configuration));
    return gateway.run();
  } catch (const sluice::InvalidPolicy& invalid) {
    std::fprintf(stderr, "sluiced: %s\n", invalid.what());
    return kInvalid;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "sluiced: %s\n", failure.what());
    return kFailed;
  }
}
