#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "tools/sluice/client.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/stores.hpp"

namespace sluice::cli {
namespace {

using control::Status;

constexpr std::size_t kLabelWidth = 11;

std::string row(const Terminal& terminal, std::string label, const std::string& text) {
  label.resize(kLabelWidth, ' ');
  return terminal.styled(label, Style::faint) + " " + printable(text) + "\n";
}

std::string first_line(const Terminal& terminal, const Status& status) {
  std::string out = terminal.styled("sluiced " + status.version, Style::bold) + "  pid " + std::to_string(status.pid) +
                    "  up " + human_duration(status.uptime) + "  " + plural(status.workers, "worker");
  if (status.draining) { out += "  " + terminal.styled("draining", Style::doubtful); }
  return out + "\n";
}

std::string outcomes(const Status& status) {
  std::string out;
  for (const auto& [outcome, count] : status.requests.by_outcome) {
    if (count > 0) { out += (out.empty() ? "" : "  ") + outcome + " " + human_count(count); }
  }
  return out;
}

std::string requests(const Status& status) {
  char rate[32];
  std::snprintf(rate, sizeof rate, "%.1f/s", status.requests_per_second);
  return human_count(status.requests.total) + "  " + rate + "  hit ratio " + human_percent(status.hit_ratio) +
         "  denied " + human_count(status.denied);
}

std::string memory(const Status& status) {
  return human_size(status.memory.used) + " of " + human_size(status.memory.budget) + " budget  rss " +
         human_size(status.memory.rss);
}

std::string log(const Status& status) {
  std::string out = status.log.file + "  " + status.log.format;
  if (status.log.lines_dropped > 0) { out += "  " + plural(status.log.lines_dropped, "line") + " dropped"; }
  return out;
}

std::string screen(const Terminal& terminal, const Status& status) {
  std::string out = first_line(terminal, status);
  for (const auto& listener : status.listeners) {
    out += row(terminal, "listening", listener.address + "  " + listener.mode);
  }
  out += row(terminal, "policy",
             "v" + std::to_string(status.policy.version) + "  " + plural(status.policy.rules, "rule") + "  " +
                 status.policy.file);
  if (status.policy.unconfirmed != 0) {
    out += row(terminal, "unconfirmed",
               "v" + std::to_string(status.policy.unconfirmed) + " rolls itself back at " +
                   human_time(status.policy.confirm_until) + " unless: sluice policy confirm " +
                   std::to_string(status.policy.unconfirmed));
  }
  if (!status.policy.alarm.empty()) { out += row(terminal, "ALARM", printable(status.policy.alarm)); }
  if (status.lists.lists > 0) {
    out += row(terminal, "lists",
               plural(status.lists.lists, "list") + "  " + human_size(status.lists.octets) + " compiled");
  }
  for (const std::string& alarm : status.lists.alarms) { out += row(terminal, "ALARM", alarm); }
  out += row(terminal, "requests", requests(status));
  if (const std::string words = outcomes(status); !words.empty()) { out += row(terminal, "", words); }
  out += row(terminal, "open", plural(status.connections, "connection") + "  " + plural(status.tunnels, "tunnel"));
  out += row(terminal, "traffic", human_size(status.received) + " received  " + human_size(status.sent) + " sent");
  out += row(terminal, "memory", memory(status));
  out += row(terminal, "cache", "memory  " + store_words(status.memory_cache));
  out += row(terminal, "", "disk    " + store_words(status.disk_cache));
  out += row(terminal, "log", log(status));
  if (!status.metrics.empty()) { out += row(terminal, "metrics", "http://" + status.metrics + "/metrics"); }
  out += row(terminal, "config", status.config_file.empty() ? "defaults" : status.config_file);
  out += row(terminal, "state", status.state_directory);
  return out;
}

int show(const Context& context) {
  const auto status = ask<Status>(context, control::command::kStatus);
  if (!status) { return report(context, status.error()); }
  if (context.json) {
    print_json(*status);
  } else {
    print(screen(context.terminal, *status));
  }
  return 0;
}

// On a terminal each sample is painted over the last; elsewhere they follow one another.
void show_sample(const Context& context, const Status& status) {
  if (context.json) {
    print_json_line(status);
  } else {
    const bool is_terminal = context.terminal.width > 0;
    print((is_terminal ? "\033[H\033[2J" : "") + screen(context.terminal, status) + (is_terminal ? "" : "\n"));
  }
}

int watch(const Context& context, double interval) {
  auto client = Client::connect(context.socket_path());
  if (!client) { return report(context, client.error()); }
  client->wait_forever();
  const control::StatusArguments arguments{.watch = true, .interval = interval};
  if (const auto sent = client->send({std::string(control::command::kStatus), arguments}); !sent) {
    return report(context, sent.error());
  }
  while (true) {
    const auto sample = client->next();
    if (!sample) { return report(context, sample.error()); }
    if (!*sample) { return report(context, client->ended()); }
    const auto status = control::result_of<Status>(**sample);
    if (!status) { return report(context, status.error()); }
    show_sample(context, *status);
  }
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  CLI::App* const status = app.add_subcommand("status", "What the daemon is doing");
  status->fallthrough();
  struct Options {
    bool watch = false;
    double interval = 1;
  };
  const auto options = std::make_shared<Options>();
  status->add_flag("-w,--watch", options->watch, "Again and again, until Ctrl-C");
  status->add_option("--interval", options->interval, "Seconds between two looks")
      ->check(CLI::Range(0.1, 60.0))
      ->type_name("SECONDS");
  status->callback([&context, options] {
    context.action = [&context, options] { return options->watch ? watch(context, options->interval) : show(context); };
  });
}

}  // namespace sluice::cli
