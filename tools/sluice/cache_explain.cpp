#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "tools/sluice/exit_code.hpp"
#include "tools/sluice/human.hpp"
#include "tools/sluice/nouns.hpp"
#include "tools/sluice/spans_text.hpp"

namespace sluice::cli {
namespace {

using control::CacheExplain;

std::string duration(std::int64_t count) {
  return human_duration(static_cast<double>(count));
}

std::string verdict(const Context& context, const CacheExplain& explain) {
  const bool is_hit = explain.outcome == "hit";
  const auto style = is_hit ? Style::good : explain.outcome == "stale_hit" ? Style::doubtful : Style::bad;
  std::string out = context.terminal.styled(explain.outcome, style) + "  " + printable(explain.key);
  if (explain.cause != "-" && !explain.cause.empty()) { out += "  because: " + explain.cause; }
  return out + "\n";
}

std::string window(const char* name, std::int64_t seconds, const CacheExplain& explain) {
  if (seconds < 0) { return ""; }
  return std::string("  window     ") + name + " " + duration(seconds) +
         (explain.may_be_stale ? "" : ", but a directive forbids it") + "\n";
}

std::string freshness(const CacheExplain& explain) {
  std::string out = "  freshness  age " + duration(explain.age) + " of " + duration(explain.lifetime) + " (" +
                    explain.lifetime_by + ")";
  out += explain.ttl > 0 ? ", fresh for " + duration(explain.ttl) : ", stale for " + duration(-explain.ttl);
  return out + (explain.must_validate ? ", validated at each use" : "") + "\n";
}

std::string stored_text(const CacheExplain& explain) {
  std::string out =
      "  stored     " + explain.tier + ", status " + std::to_string(explain.status) + ", " + human_size(explain.size);
  if (explain.chunks > 1) {
    out += ", " + std::to_string(explain.chunks) + " chunks of " + human_size(explain.chunk) + " on disk, " +
           (explain.spans.empty() ? "all" : std::to_string(explain.chunks_present)) + " there";
  }
  if (!explain.origin_address.empty()) { out += ", from " + printable(explain.origin_address); }
  out += "\n" + spans_text(explain.spans, "  octets     ") + freshness(explain) +
         window("stale-while-revalidate", explain.stale_while_revalidate, explain) +
         window("stale-if-error", explain.stale_if_error, explain);
  const auto& validator = explain.etag.empty() ? explain.last_modified : explain.etag;
  out += "  validator  " + (validator.empty() ? std::string("none: it is fetched anew") : printable(validator)) + "\n";
  std::string tags;
  for (const auto& tag : explain.tags) { tags += (tags.empty() ? "" : " ") + printable(tag); }
  if (!tags.empty()) { out += "  tags       " + tags + "\n"; }
  for (const auto& purge : explain.purges) {
    out += "  purged     " + purge.mode + ", by " + purge.scope + " " + printable(purge.name);
    out += (purge.number > 0 ? ", purge " + std::to_string(purge.number) : "") + "\n";
  }
  return out;
}

std::string variants_text(const CacheExplain& explain) {
  std::string out;
  for (const auto& variant : explain.variants) {
    if (variant.variant.empty()) { continue; }
    std::string lines = variant.variant;
    while (lines.ends_with('\n')) { lines.pop_back(); }
    std::ranges::replace(lines, '\n', ';');
    out += std::string(variant.selected ? "  variant  * " : "  variant    ") + printable(lines) + "  (" + variant.tier +
           ")\n";
  }
  if (!explain.varies_most_by.empty()) { out += "  varies     most by " + printable(explain.varies_most_by) + "\n"; }
  return out;
}

int explain(const Context& context, control::CacheExplainArguments arguments, const std::vector<std::string>& lines) {
  for (const auto& line : lines) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) {
      return report(context, {control::ErrorCode::bad_request,
                              "`" + line + "` is no field; write 'Name: value'",
                              "sluice cache explain --help",
                              {}});
    }
    arguments.fields.push_back({line.substr(0, colon), line.substr(colon + 1)});
  }
  const auto answer = ask<CacheExplain>(context, control::command::kCacheExplain, arguments);
  if (!answer) { return report(context, answer.error()); }
  const bool is_answered = answer->outcome == "hit" || answer->outcome == "stale_hit";
  const int code = is_answered ? kOk : kDifference;
  if (context.json) {
    print_json(*answer);
    return code;
  }
  print(verdict(context, *answer));
  if (!answer->not_stored.empty()) { print("  was not stored last time: " + answer->not_stored + "\n"); }
  for (const auto& key : answer->other_keys) { print("  or, by who asks, under the key  " + printable(key) + "\n"); }
  if (!answer->tier.empty()) { print(stored_text(*answer)); }
  print(variants_text(*answer));
  for (const auto& sentence : answer->misses_when) { print("  a miss when " + printable(sentence) + "\n"); }
  return code;
}

}  // namespace

void add_cache_explain(CLI::App& cache, Context& context) {
  CLI::App* const command = cache.add_subcommand(
      "explain", "What a request for a URL would find now, and why; exit code 1 unless the store would answer");
  command->fallthrough();
  const auto arguments = std::make_shared<control::CacheExplainArguments>();
  const auto lines = std::make_shared<std::vector<std::string>>();
  command->add_option("URL", arguments->url, "As the client writes it: http://host/path?query")->required();
  command->add_option("-H,--header", *lines, "A field of the request: 'Name: value'; again for another")
      ->allow_extra_args(false);
  command->add_option("--method", arguments->method, "The method of the request")->capture_default_str();
  command->callback([&context, arguments, lines] {
    context.action = [&context, arguments, lines] { return explain(context, *arguments, *lines); };
  });
}

}  // namespace sluice::cli
