#include <chrono>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "gateway/base/clock.hpp"
#include "policy/decision.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/policy_line.hpp"
#include "tools/sluice/shell.hpp"

namespace sluice::cli {
namespace {

using control::PolicyChange;

// "+ r-1a2b3c deny host .gambling.example", how it went live, and the way back.
int show_change(const Context& context, const PolicyChange& change, char sign, const std::string& undo) {
  report_warnings(change.warnings);
  if (context.json) {
    control::Json json = change;
    json["undo"] = undo;
    print_json(json);
    return kOk;
  }
  const Style style = sign == '+' ? Style::good : Style::bad;
  std::string out = context.terminal.styled(std::string(1, sign) + " " + change.rule.id, style) + " " +
                    printable(change.rule.text) + "\n  live in " + human_milliseconds(change.milliseconds) +
                    " as policy v" + std::to_string(change.version);
  if (change.tunnels_closed > 0) { out += "; " + plural(change.tunnels_closed, "open tunnel") + " closed"; }
  print(out + "\n  undo: " + undo + "\n");
  return kOk;
}

int add(const Context& context, const control::PolicyAddArguments& arguments) {
  const auto change = ask<PolicyChange>(context, control::command::kPolicyAdd, arguments);
  if (!change) { return report(context, change.error()); }
  return show_change(context, *change, '+', context.command("policy remove " + shell_quoted(change->rule.id)));
}

int remove(const Context& context, const control::PolicyRemoveArguments& arguments) {
  const auto change = ask<PolicyChange>(context, control::command::kPolicyRemove, arguments);
  if (!change) { return report(context, change.error()); }
  return show_change(context, *change, '-', context.command("policy rollback " + std::to_string(change->previous)));
}

int edit(const Context& context, const QuickEdit& quick_edit) {
  const auto now = coarse_unix_now();
  const auto line = policy_line(quick_edit, now);
  if (!line) { return report(context, usage_error(line.error(), "sluice policy " + quick_edit.verdict + " --help")); }
  if (const auto left_out = left_out_of(quick_edit); !left_out.empty()) {
    print_error("warning: " + printable(left_out) + "\n");
  }
  return add(context, {.line = *line, .message = quick_edit.message});
}

void add_redirect(CLI::App& command, QuickEdit& edit) {
  command.add_option("URL", edit.redirect_to, "Where to; {host}, {path}, {url}, {rule} stand for parts of the request")
      ->required();
  command.add_option("--status", edit.redirect_status, "301, 302 (default), 303, 307 or 308")
      ->check(CLI::IsMember({301, 302, 303, 307, 308}))
      ->type_name("STATUS");
}

void add_quick_edit(CLI::App& policy, Context& context, const std::string& verdict, const std::string& meaning) {
  CLI::App* const command = policy.add_subcommand(verdict, meaning);
  command->fallthrough();
  const auto options = std::make_shared<QuickEdit>();
  options->verdict = verdict;
  const bool is_redirect = verdict == policy::to_string(policy::Verdict::redirect);
  command
      ->add_option("WHAT", options->what,
                   "A name (with everything below it), a URL (with everything that begins with it), an address or "
                   "a prefix")
      ->required(is_redirect);
  if (is_redirect) { add_redirect(*command, *options); }
  command->add_option("--url-regex", options->url_regex, "Regular expression (RE2) that the URL must match")
      ->type_name("RE");
  command->add_flag("--exact", options->exact, "The names themselves, not what is below them");
  command->add_option("--from", options->from, "Client addresses or prefixes")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PREFIX");
  command->add_option("--to", options->to, "Addresses or prefixes that would be connected")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PREFIX");
  command
      ->add_option("--sni", options->server_names, "Server names of TLS hellos in tunnels, with everything below them")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME");
  command->add_option("--user", options->users, "Users, as they sign in")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("USER");
  command->add_option("--group", options->groups, "Groups that the policy defines")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("GROUP");
  command->add_option("--port", options->ports, "Ports that would be connected")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PORT");
  command->add_option("--method", options->methods, "Request methods")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("METHOD");
  command->add_option("--scheme", options->scheme, "http or https")->check(CLI::IsMember({"http", "https"}));
  command->add_option("--during", options->during, "When: 'mon-fri 08:00-18:00 Europe/Berlin', or the name of a time")
      ->type_name("TIME");
  command->add_option("--for", options->valid_for, "For how long from now: 30m, 2h, 7d")->type_name("TIME");
  command->add_flag("--shadow", options->shadow, "Judge and log it, but do not act on it");
  command->add_option("-m,--message", options->message, "Why; becomes the rule's reason")->type_name("TEXT");
  command->callback([&context, options] { context.action = [&context, options] { return edit(context, *options); }; });
}

void add_raw_edit(CLI::App& policy, Context& context) {
  CLI::App* const command = policy.add_subcommand("add", "Add one rule, written in the policy language");
  command->fallthrough();
  const auto options = std::make_shared<control::PolicyAddArguments>();
  command->add_option("LINE", options->line, "For example: 'deny host .ads.example port 80'")->required();
  command->add_option("-m,--message", options->message, "Why")->type_name("TEXT");
  command->callback([&context, options] { context.action = [&context, options] { return add(context, *options); }; });
}

void add_remove(CLI::App& policy, Context& context) {
  CLI::App* const command = policy.add_subcommand("remove", "Remove one rule");
  command->fallthrough();
  const auto options = std::make_shared<control::PolicyRemoveArguments>();
  command->add_option("ID", options->id, "As `sluice policy list` shows it")->required();
  command->add_option("-m,--message", options->message, "Why")->type_name("TEXT");
  command->callback(
      [&context, options] { context.action = [&context, options] { return remove(context, *options); }; });
}

}  // namespace

void add_policy_edits(CLI::App& policy, Context& context) {
  add_quick_edit(policy, context, "allow", "Allow a name, URL, address or prefix, at once");
  add_quick_edit(policy, context, "deny", "Deny a name, URL, address or prefix, at once");
  add_quick_edit(policy, context, "splice", "Let TLS to a name pass without being decrypted, at once");
  add_quick_edit(policy, context, "bypass", "Say that a name needs no gateway, at once: for the PAC file");
  add_quick_edit(policy, context, "redirect", "Answer requests for a name or URL with another place, at once");
  add_raw_edit(policy, context);
  add_remove(policy, context);
}

}  // namespace sluice::cli
