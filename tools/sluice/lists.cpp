#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>

#include "gateway/control/lists/list_counts.hpp"
#include "gateway/control/lists/list_source.hpp"
#include "policy/lists/import.hpp"
#include "policy/parse_list.hpp"
#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/shell.hpp"

namespace sluice::cli {
namespace {

using control::ListCounts;
using control::ListsShow;
using control::ListState;

constexpr auto kPoll = std::chrono::milliseconds(50);

std::string joined(const std::vector<std::string>& words, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < words.size() && i < most; ++i) { out += (i == 0 ? "" : ", ") + words[i]; }
  return words.size() > most ? out + ", ... " + human_count(words.size() - most) + " more" : out;
}

// Nothing about a kind that the list has none of.
std::string kind_text(const char* kind, std::uint64_t entries, std::uint64_t distinct) {
  if (entries == 0) { return ""; }
  return kind + human_count(entries) + "  distinct " + human_count(distinct) + "  duplicate " +
         human_percent(1 - static_cast<double>(distinct) / static_cast<double>(entries)) + "\n";
}

std::string remark_text(const control::ListRemark& remark) {
  return "  " + printable(control::place_of(remark)) + ": " + printable(remark.reason) + "\n";
}

std::string counts_text(const ListCounts& counts) {
  std::string out = "lines       " + human_count(counts.lines) + "  entries " + human_count(counts.entries) +
                    "  distinct " + human_count(counts.distinct) + "  duplicates " + human_count(counts.duplicates) +
                    "\n" + kind_text("names       ", counts.names, counts.distinct_names) +
                    kind_text("prefixes    ", counts.prefixes, counts.distinct_prefixes) +
                    kind_text("paths       ", counts.paths, counts.distinct_paths) +
                    kind_text("expressions ", counts.expressions, counts.distinct_expressions) +
                    "treatment   exceptions " + human_count(counts.exceptions) + "  lowered " +
                    human_count(counts.lowered) + "  skipped " + human_count(counts.skipped) + "  rejected " +
                    human_count(counts.rejected) + "\n";
  for (const auto& [what, count] : counts.unsupported) {
    out += "unsupported " + printable(what) + " " + human_count(count) + "\n";
  }
  for (const auto& rejection : counts.rejections) { out += remark_text(rejection); }
  if (counts.wide > 0) { out += "wide        " + human_count(counts.wide) + "\n"; }
  for (const auto& entry : counts.wide_entries) { out += remark_text(entry); }
  return out;
}

std::string list_text(const Context& context, const ListState& list) {
  std::string out = context.terminal.styled(list.name, Style::bold) + "  " + list.format + "  " + printable(list.path) +
                    "\n" + "categories  " + joined(list.categories, 12) + "\n" + counts_text(list.counts) +
                    "from        " + list.from + "\n";
  if (list.refresh > 0) { out += "refresh     every " + human_duration(list.refresh) + "\n"; }
  if (list.guard > 0) { out += "guard       " + std::to_string(list.guard) + " %\n"; }
  for (const std::string& edit : list.edits) { out += "by hand     " + printable(edit) + "\n"; }
  if (!list.alarm.empty()) {
    out += context.terminal.styled("ALARM       ", Style::bad) + printable(list.alarm) + "\n";
  }
  return out;
}

std::string table_of(const Context& context, const ListsShow& shown) {
  Table table({"LIST", "FORMAT", "ENTRIES", "DISTINCT", "CATEGORIES", "REJECTED", "FROM"});
  for (const std::size_t column : {2, 3, 4, 5}) { table.align_right(column); }
  for (const ListState& list : shown.lists) {
    table.add({list.name, list.format, human_count(list.counts.entries), human_count(list.counts.distinct),
               human_count(list.categories.size()), human_count(list.counts.rejected), list.from});
  }
  std::string out = table.text(context.terminal);
  for (const ListState& list : shown.lists) {
    if (!list.alarm.empty()) {
      out += context.terminal.styled("ALARM ", Style::bad) + list.name + ": " + printable(list.alarm) + "\n";
    }
  }
  out += "compiled  " + human_size(shown.octets) + " in " + human_milliseconds(shown.milliseconds) +
         (shown.builds < shown.builds_asked ? "; being built again" : "") + "\n";
  if (!shown.failure.empty()) {
    out += context.terminal.styled("ALARM ", Style::bad) + printable(shown.failure) + "\n";
  }
  return out;
}

int show(const Context& context, const std::string& name) {
  const auto shown = ask<ListsShow>(context, control::command::kListsShow);
  if (!shown) { return report(context, shown.error()); }
  const auto list = std::ranges::find(shown->lists, name, &ListState::name);
  if (!name.empty() && list == shown->lists.end()) {
    return report(context, {control::ErrorCode::not_found,
                            "the policy declares no list `" + name + "`",
                            context.command("lists show"),
                            {}});
  }
  if (context.json) {
    print_json(name.empty() ? control::Json(*shown) : control::Json(*list));
  } else {
    print(name.empty() ? table_of(context, *shown) : list_text(context, *list));
  }
  return kOk;
}

bool has_alarm(const ListsShow& shown) {
  return !shown.failure.empty() ||
         std::ranges::any_of(shown.lists, [](const ListState& list) { return !list.alarm.empty(); });
}

// The daemon builds on a thread of its own; this waits for the end of it.
int update(const Context& context, bool accept) {
  const auto begun = ask<control::ListsUpdate>(context, control::command::kListsUpdate,
                                               control::ListsUpdateArguments{.accept = accept});
  if (!begun) { return report(context, begun.error()); }
  while (true) {
    const auto shown = ask<ListsShow>(context, control::command::kListsShow);
    if (!shown) { return report(context, shown.error()); }
    if (shown->builds >= begun->build) {
      if (context.json) {
        print_json(*shown);
      } else {
        print(table_of(context, *shown));
      }
      return has_alarm(*shown) ? kDifference : kOk;
    }
    std::this_thread::sleep_for(kPoll);
  }
}

int which(const Context& context, const std::string& what) {
  const auto answer =
      ask<control::ListsWhich>(context, control::command::kListsWhich, control::ListsWhichArguments{what});
  if (!answer) { return report(context, answer.error()); }
  const int code = answer->matches.empty() ? kDifference : kOk;
  if (context.json) {
    print_json(*answer);
    return code;
  }
  if (answer->matches.empty()) {
    print(printable(answer->what) + " is in no list\n");
    return code;
  }
  Table table({"LIST", "CATEGORY", "LINE", "SAYS", "ENTRY"});
  table.align_right(2);
  for (const auto& match : answer->matches) {
    table.add({match.list, match.category, match.line == 0 ? "by hand" : std::to_string(match.line),
               match.is_exception ? "not" : "yes", match.entry});
  }
  print(table.text(context.terminal));
  return code;
}

int edit(const Context& context, bool is_removal, const control::ListsEditArguments& arguments) {
  const auto edited = ask<control::ListsEdited>(
      context, is_removal ? control::command::kListsRemove : control::command::kListsAdd, arguments);
  if (!edited) { return report(context, edited.error()); }
  if (context.json) {
    print_json(*edited);
    return kOk;
  }
  print(std::string(is_removal ? "- " : "+ ") + printable(edited->entry) + "  list " + edited->list + "  category " +
        edited->category + "\n  live in " + human_milliseconds(edited->milliseconds) +
        "\n  undo: " + context.command(is_removal ? "lists add " : "lists remove ") + edited->list + " " +
        shell_quoted(edited->entry) + (arguments.category.empty() ? "" : " --category " + edited->category) + "\n");
  return kOk;
}

void add_edit_verb(CLI::App& lists, Context& context, bool is_removal) {
  CLI::App* const command = is_removal
                                ? lists.add_subcommand("remove", "Take an entry out of a list, whatever its files say")
                                : lists.add_subcommand("add", "Put an entry into a list, whatever its files say");
  command->fallthrough();
  const auto arguments = std::make_shared<control::ListsEditArguments>();
  command->add_option("LIST", arguments->list, "A list that the policy declares")->required();
  command->add_option("ENTRY", arguments->entry, "A name with everything below it, an address, host/path")->required();
  command->add_option("--category", arguments->category, "Which one, when the list has several")->type_name("NAME");
  command->callback([&context, is_removal, arguments] {
    context.action = [&context, is_removal, arguments] { return edit(context, is_removal, *arguments); };
  });
}

// What a list would give, without a daemon.
int import(const Context& context, const std::string& format, const std::string& path) {
  const auto list = policy::list_of(format, std::filesystem::absolute(path).string());
  if (!list) {
    return report(context, usage_error("there is no format `" + format + "`", "sluice lists import --help"));
  }
  const auto source = control::read_list_source(*list);
  if (!source) { return report(context, usage_error(source.error(), "sluice lists import --help")); }
  policy::ListCompiler compiler;
  ListCounts counts;
  std::vector<std::string> categories;
  for (const auto& part : source->parts) {
    const auto tag = compiler.add_tag({list->name, part.category, false});
    if (!tag) { break; }
    control::add_report(policy::import_list(part.format, part.text, *tag, compiler), part.file, counts);
    if (categories.empty() || categories.back() != part.category) { categories.push_back(part.category); }
  }
  const auto compiled = compiler.finish("");
  if (!compiled) { return report(context, {control::ErrorCode::failed, "too large to be compiled", "", {}}); }
  control::add_counts(compiler.counts(list->name), counts);
  if (context.json) {
    control::Json json = counts;
    json["categories"] = categories;
    json["memory"] = compiled->octets.size();
    print_json(json);
  } else {
    print("categories  " + joined(categories, 12) + "\n" + counts_text(counts) + "memory      " +
          human_size(compiled->octets.size()) + "\n");
  }
  return counts.rejected == 0 ? kOk : kDifference;
}

}  // namespace

void add_lists(CLI::App& app, Context& context) {
  CLI::App* const lists = app.add_subcommand("lists", "Lists of names, addresses and URLs that the policy declares");
  lists->require_subcommand(1);
  lists->fallthrough();
  const auto word = std::make_shared<std::string>();
  const auto path = std::make_shared<std::string>();
  const auto accept = std::make_shared<bool>(false);
  const auto add = [&](const char* verb, const char* meaning, std::function<int()> run) {
    CLI::App* const command = lists->add_subcommand(verb, meaning);
    command->fallthrough();
    command->callback([&context, run = std::move(run)] { context.action = run; });
    return command;
  };
  add("show", "What each list gave, and whether its files are in force", [&context, word] {
    return show(context, *word);
  })->add_option("LIST", *word, "One list, with what was rejected");
  add("update", "Read the lists again; exit code 1 when one of them is not in force", [&context, accept] {
    return update(context, *accept);
  })->add_flag("--accept", *accept, "Although a list shrank or grew past its guard");
  add("which", "The entries that a host, an address or a URL is found in; exit code 1 when it is in none",
      [&context, word] { return which(context, *word); })
      ->add_option("WHAT", *word, "www.example.com, 192.0.2.1 or http://host/path")
      ->required();
  add_edit_verb(*lists, context, false);
  add_edit_verb(*lists, context, true);
  CLI::App* const command =
      add("import", "What a file would give, without a daemon; exit code 1 when lines are rejected",
          [&context, word, path] { return import(context, *word, *path); });
  command->add_option("FORMAT", *word, "domains, hosts, squidguard, dnsmasq, unbound, rpz, adblock or addresses")
      ->required();
  command->add_option("PATH", *path, "The file, or the tree of a squidguard list")->required();
}

}  // namespace sluice::cli
