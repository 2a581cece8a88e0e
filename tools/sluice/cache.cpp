#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/spans_text.hpp"
#include "tools/sluice/stores.hpp"

namespace sluice::cli {
namespace {

std::string counts(const std::map<std::string, std::uint64_t>& words) {
  std::string out;
  for (const auto& [word, count] : words) {
    if (count > 0) { out += (out.empty() ? "" : "  ") + word + " " + human_count(count); }
  }
  return out.empty() ? "none" : out;
}

// Every cause, the most frequent first.
std::string misses_text(const Context& context, const control::CacheStats& stats) {
  std::vector<std::pair<std::uint64_t, std::string>> causes;
  for (const auto& [cause, count] : stats.misses) { causes.emplace_back(count, cause); }
  std::ranges::sort(causes, std::ranges::greater{});
  Table table({"MISS CAUSE", "REQUESTS", "SHARE"});
  table.align_right(1);
  table.align_right(2);
  for (const auto& [count, cause] : causes) {
    const auto share = stats.miss_shares.find(cause);
    table.add({cause, human_count(count), human_percent(share == stats.miss_shares.end() ? 0 : share->second)});
  }
  return table.text(context.terminal);
}

int stats(const Context& context) {
  const auto answer = ask<control::CacheStats>(context, control::command::kCacheStats);
  if (!answer) { return report(context, answer.error()); }
  if (context.json) {
    print_json(*answer);
    return 0;
  }
  Table table({"TIER", "RESPONSES", "USED", "HELD", "BUDGET", "STORED", "EVICTED", "REFUSED", "ERRORS"});
  for (std::size_t column = 1; column < 9; ++column) { table.align_right(column); }
  const auto add = [&table](const char* tier, const control::StoreStatus& store) {
    if (!store.enabled) { return table.add({tier, store.closed ? "closed" : "off"}); }
    table.add({tier, human_count(store.responses), human_size(store.octets), human_size(store.held),
               human_size(store.budget), human_count(store.stores), human_count(store.evictions),
               human_count(store.refused), human_count(store.errors)});
  };
  add("memory", answer->memory);
  add("disk", answer->disk);
  print(table.text(context.terminal));
  print("hit ratio  " + human_percent(answer->hit_ratio) + "\n" + "outcomes   " + counts(answer->by_outcome) + "\n" +
        "purges     " + human_count(answer->purges) + " by host, prefix and tag may still touch something\n");
  print(misses_text(context, *answer));
  return 0;
}

std::string freshness(const control::StoredVariant& variant) {
  if (variant.ttl > 0) { return "fresh for " + human_duration(static_cast<double>(variant.ttl)); }
  return "stale for " + human_duration(static_cast<double>(-variant.ttl));
}

std::string variant_text(const Context& context, const control::StoredVariant& variant) {
  std::string out = context.terminal.styled(variant.tier, Style::bold) + "  status " + std::to_string(variant.status) +
                    "  " + human_share(variant.size, variant.length) + "  age " +
                    human_duration(static_cast<double>(variant.age)) + "  " +
                    context.terminal.styled(freshness(variant), variant.ttl > 0 ? Style::good : Style::doubtful) +
                    "  stored " + human_time(variant.stored) + "\n";
  if (!variant.variant.empty()) { out += "  selected by  " + printable(variant.variant) + "\n"; }
  out += spans_text(variant.spans, "  octets  ");
  for (const control::Field& field : variant.fields) {
    out += "  " + printable(field.name) + ": " + printable(field.value) + "\n";
  }
  return out;
}

int show(const Context& context, const std::string& url) {
  const auto answer = ask<control::CacheShow>(context, control::command::kCacheShow, control::UrlArguments{url});
  if (!answer) { return report(context, answer.error()); }
  const int code = answer->variants.empty() ? kDifference : kOk;
  if (context.json) {
    print_json(*answer);
    return code;
  }
  if (answer->variants.empty()) {
    print("nothing is stored for " + printable(url) + "\n  why: " + context.command("log tail -n 20") +
          " shows the cause of each miss\n");
    return code;
  }
  print("key  " + printable(answer->key) + "\n");
  for (const control::StoredVariant& variant : answer->variants) { print(variant_text(context, variant)); }
  return code;
}

std::string purged_text(const control::CachePurge& purged) {
  const bool is_hard = purged.mode == "hard";
  std::string out = "- " + purged.scope + "  " + printable(purged.name) + "\n";
  for (const auto& key : purged.other_keys) { out += "- and " + printable(key) + "\n"; }
  out += "  ";
  if (purged.responses) {
    out += plural(*purged.responses, "stored response") + (is_hard ? " removed" : " made stale");
  } else {
    out += std::string("what was stored until now is ") + (is_hard ? "not used any more" : "stale");
  }
  out += ", purge " + std::to_string(purged.number) + "\n";
  return out + (is_hard ? "  undo: none; the next request stores it again\n"
                        : "  undo: none needed; the origin is asked whether it still holds\n");
}

// In a URL `*` is a character like others.
std::string wildcard_hint(const Context& context, const std::string& url) {
  if (!url.ends_with('*')) { return {}; }
  return "  a URL stands for itself alone; for every URL that begins so: " +
         context.command("cache purge --prefix " + printable(url.substr(0, url.size() - 1))) + "\n";
}

int purge(const Context& context, const control::CachePurgeArguments& arguments) {
  const auto answer = ask<control::CachePurge>(context, control::command::kCachePurge, arguments);
  if (!answer) { return report(context, answer.error()); }
  if (context.json) {
    print_json(*answer);
  } else {
    print(purged_text(*answer));
    if (answer->responses == 0) { print(wildcard_hint(context, arguments.url)); }
  }
  return answer->responses == 0 ? kDifference : kOk;
}

void add_purge(CLI::App& cache, Context& context) {
  CLI::App* const command = cache.add_subcommand(
      "purge", "Make what is stored stale, or with --hard remove it; exit code 1 when nothing is stored for the URL");
  command->fallthrough();
  const auto arguments = std::make_shared<control::CachePurgeArguments>();
  command->add_option("URL", arguments->url, "All variants of one URL");
  command->add_option("--host", arguments->host, "Everything of a host, or of host:port");
  command->add_option("--prefix", arguments->prefix, "Every URL that begins with this: http://host/path");
  command->add_option("--tag", arguments->tag, "Everything with this tag (Surrogate-Key, Cache-Tag)");
  command->add_flag("--hard", arguments->hard, "Never to be used again, not even while the origin fails");
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { return purge(context, *arguments); }; });
}

void add_url_verb(CLI::App& cache, Context& context, const char* verb, const char* meaning,
                  std::function<int(const Context&, const std::string&)> run) {
  CLI::App* const command = cache.add_subcommand(verb, meaning);
  command->fallthrough();
  const auto url = std::make_shared<std::string>();
  command->add_option("URL", *url, "As the client writes it: http://host/path?query")->required();
  command->callback(
      [&context, url, run = std::move(run)] { context.action = [&context, url, run] { return run(context, *url); }; });
}

}  // namespace

void add_cache(CLI::App& app, Context& context) {
  CLI::App* const cache = app.add_subcommand("cache", "What is stored");
  cache->require_subcommand(1);
  cache->fallthrough();
  CLI::App* const command = cache->add_subcommand("stats", "How full the tiers are and how often they answer");
  command->fallthrough();
  command->callback([&context] { context.action = [&context] { return stats(context); }; });
  add_url_verb(*cache, context, "show", "The stored responses for a URL; exit code 1 when there is none", show);
  add_purge(*cache, context);
  add_cache_list(*cache, context);
  add_cache_top(*cache, context);
  add_cache_explain(*cache, context);
}

}  // namespace sluice::cli
