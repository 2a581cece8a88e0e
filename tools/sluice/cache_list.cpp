#include <memory>

#include <CLI/CLI.hpp>

#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"

namespace sluice::cli {
namespace {

std::string seconds(std::int64_t count) {
  const std::string text = human_duration(static_cast<double>(count < 0 ? -count : count));
  return count < 0 ? "-" + text : text;
}

int list(const Context& context, const control::CacheListArguments& arguments) {
  const auto answer = ask<control::CacheList>(context, control::command::kCacheList, arguments);
  if (!answer) { return report(context, answer.error()); }
  const int code = answer->responses.empty() ? kDifference : kOk;
  if (context.json) {
    print_json(*answer);
    return code;
  }
  Table table({"STATUS", "SIZE", "AGE", "FRESH FOR", "TIER", "PURGED", "KEY"});
  for (std::size_t column = 0; column < 4; ++column) { table.align_right(column); }
  for (const auto& response : answer->responses) {
    table.add({std::to_string(response.status), human_size(response.size), seconds(response.age), seconds(response.ttl),
               response.tier, response.purged.empty() ? "-" : response.purged,
               printable(response.key) + (response.variant.empty() ? "" : "  (a variant)")});
  }
  print(table.text(context.terminal));
  if (answer->more) { print("there are more: -n " + std::to_string(arguments.limit * 10) + "\n"); }
  return code;
}

int top(const Context& context, const control::CacheTopArguments& arguments) {
  const auto answer = ask<control::CacheTop>(context, control::command::kCacheTop, arguments);
  if (!answer) { return report(context, answer.error()); }
  const int code = answer->keys.empty() ? kDifference : kOk;
  if (context.json) {
    print_json(*answer);
    return code;
  }
  Table table({"REQUESTS", "HITS", "KEY"});
  table.align_right(0);
  table.align_right(1);
  for (const auto& key : answer->keys) {
    const double ratio = key.requests == 0 ? 0 : static_cast<double>(key.hits) / static_cast<double>(key.requests);
    table.add({human_count(key.requests), human_percent(ratio), printable(key.key)});
  }
  print(table.text(context.terminal));
  return code;
}

}  // namespace

void add_cache_list(CLI::App& cache, Context& context) {
  CLI::App* const command =
      cache.add_subcommand("list", "What is stored, in the order of keys; exit code 1 when nothing is");
  command->fallthrough();
  const auto arguments = std::make_shared<control::CacheListArguments>();
  command->add_option("--host", arguments->host, "Of this host, or host:port");
  command->add_option("--prefix", arguments->prefix, "URLs that begin with this: http://host/path");
  command->add_option("--tag", arguments->tag, "With this tag (Surrogate-Key, Cache-Tag)");
  command->add_option("-n,--number", arguments->limit, "So many at most")->capture_default_str();
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { return list(context, *arguments); }; });
}

void add_cache_top(CLI::App& cache, Context& context) {
  CLI::App* const command = cache.add_subcommand("top", "The keys that are asked for most, lately");
  command->fallthrough();
  const auto arguments = std::make_shared<control::CacheTopArguments>();
  command->add_option("-n,--number", arguments->limit, "So many at most")->capture_default_str();
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { return top(context, *arguments); }; });
}

}  // namespace sluice::cli
