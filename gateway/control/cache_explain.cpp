#include "gateway/control/cache_explain.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "cache/cacheability.hpp"
#include "cache/freshness.hpp"
#include "cache/partial_content.hpp"
#include "cache/reuse.hpp"
#include "cache/rocksdb_keys.hpp"
#include "cache/tags.hpp"
#include "cache/variant_choice.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/control/cache_commands.hpp"
#include "gateway/http/head.hpp"
#include "gateway/pipeline/decide.hpp"
#include "gateway/pipeline/lookup.hpp"
#include "gateway/pipeline/purge.hpp"
#include "gateway/pipeline/url_keys.hpp"

namespace sluice::control {
namespace {

using Kind = cache::Reuse::Kind;
using cache::Seconds;

struct Question {
  std::string url;  // in normal form
  std::string method;
  cache::OwnedFields fields;
  cache::UnixTime now{};

  cache::RequestView view() const { return {method, url, fields.fields()}; }
};

Error bad(const std::string& message) {
  return {ErrorCode::bad_request, message, "sluice cache explain --help", {}};
}

Answer<Question> question_of(const CacheExplainArguments& arguments) {
  auto order = pipeline::make_purge_order(cache::PurgeScope::url, arguments.url, false);
  if (!order) { return std::unexpected(bad(order.error())); }
  if (!http::is_token(arguments.method)) { return std::unexpected(bad("`" + arguments.method + "` is not a method")); }
  std::vector<cache::Field> views;
  for (const auto& field : arguments.fields) {
    const bool has_line_end = field.value.find_first_of("\r\n") != std::string::npos;
    if (!http::is_token(field.name) || has_line_end) {
      return std::unexpected(bad("`" + field.name + "` is no field"));
    }
    views.push_back({field.name, cache::trim(field.value), cache::field_name(field.name)});
  }
  Question question{std::move(order->name), arguments.method, cache::OwnedFields(views), {}};
  question.now = coarse_unix_now();
  return question;
}

// What the policy in force makes of the request, as far as its rules do not hang on who asks.
struct ByPolicy {
  std::vector<std::string> keys;  // the first is the one that is looked up
  bool may_use_cache = true;
  bool may_be_never = false;  // a `cache never` or `connect to` line hangs on something that was not told
};

ByPolicy ask_policy(const policy::Snapshot& policy, const Question& question) {
  using policy::SettingKind;
  http::TargetUri target;
  if (!pipeline::parse_written_url(question.url, target)) { return {{question.url}}; }
  const std::vector<cache::Field> lines(question.fields.fields().begin(), question.fields.fields().end());
  auto facts = pipeline::facts_of_url(target, question.now);
  facts.method = question.method;
  facts.fields = pipeline::field_lines(lines);
  ByPolicy result{pipeline::keys_of_url(policy, facts, question.url)};
  result.may_use_cache = policy.decide(facts).verdict != policy::Verdict::bypass;
  for (const auto kind : {SettingKind::cache_never, SettingKind::connect_to}) {
    const auto possible = policy.possible(policy::SettingStage::request, kind, facts);
    if (possible.back() != nullptr && possible.size() == 1) { result.may_use_cache = false; }
    result.may_be_never = result.may_be_never || possible.size() > 1;
  }
  return result;
}

// Selected as Store::find selects, but without counting as a use.
bool selects(const Question& question, const cache::StoredHead& head) {
  cache::VariantChoice choice(question.fields.fields());
  const auto rule = cache::variant_rule(head);
  return choice.is_selected(rule, head.variant);
}

cache::StoredResponsePtr selected_of(const std::vector<cache::StoredResponsePtr>& responses, const Question& question) {
  for (const auto& response : responses) {
    if (selects(question, response->head)) { return response; }
  }
  return nullptr;
}

// The names that variants were made by, and how many values each took.
std::map<std::string, std::set<std::string>> values_by_name(const std::vector<ExplainedVariant>& variants) {
  std::map<std::string, std::set<std::string>> values;
  for (const auto& variant : variants) {
    std::string_view rest = variant.variant;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const auto name = line.substr(0, line.find(':'));
      values[std::string(name)].emplace(line.substr(name.size()));
    }
  }
  return values;
}

void name_guilty_field(CacheExplain& explain) {
  std::size_t most = 1;
  for (const auto& [name, values] : values_by_name(explain.variants)) {
    if (values.size() <= most) { continue; }
    most = values.size();
    explain.varies_most_by = name;
  }
}

void append_variants(const std::vector<cache::StoredResponsePtr>& responses, const char* tier, const Question& question,
                     CacheExplain& explain) {
  for (const auto& response : responses) {
    const auto known = std::ranges::find(explain.variants, response->head.variant, &ExplainedVariant::variant);
    if (known == explain.variants.end()) {
      explain.variants.push_back({tier, response->head.variant, selects(question, response->head)});
    } else {
      known->tier = "both";
    }
  }
}

void describe_purges(const Daemon& daemon, const cache::StoredHead& head, CacheExplain& explain) {
  for (const auto& entry : daemon.purges.touching(head)) {
    const bool is_hard = entry.hard > head.generation;
    explain.purges.push_back({std::string(cache::to_string(entry.scope)), entry.name, is_hard ? "hard" : "soft",
                              is_hard ? entry.hard : entry.soft});
  }
  // Else the answer to a HEAD made it stale.
  const bool was_purged = head.stale_from != cache::kNeverStale && daemon.purged.has(head.key);
  if (was_purged) { explain.purges.push_back({"url", head.key, "soft", 0}); }
}

void describe(const cache::StoredResponse& response, const Question& question, CacheExplain& explain) {
  const auto& head = response.head;
  const auto fields = head.fields.fields();
  explain.status = head.status;
  explain.age = cache::current_age(head, question.now).count();
  explain.lifetime = head.derived.freshness_lifetime.count();
  explain.lifetime_by = cache::freshness_source({head.status, fields}, cache::response_directives(fields));
  explain.stale_while_revalidate = head.derived.stale_while_revalidate.count();
  explain.stale_if_error = head.derived.stale_if_error.count();
  explain.may_be_stale = head.derived.may_be_stale;
  explain.must_validate = head.derived.must_validate;
  if (head.derived.etag >= 0) { explain.etag = fields[static_cast<std::size_t>(head.derived.etag)].value; }
  if (head.derived.has_last_modified) {
    explain.last_modified = cache::find(fields, cache::FieldName::last_modified)->value;
  }
  explain.size = head.content_length;
  explain.spans = spans_of(response);
  if (response.store_id != 0) {
    explain.chunk = cache::chunk_size(response.store_id);
    explain.chunks = cache::chunk_count(response.store_id, head.content_length);
    explain.chunks_present = (response.octets() + explain.chunk - 1) / explain.chunk;
  }
  explain.origin_address = head.origin_address;
  cache::for_each_tag(fields, [&](std::string_view tag) { explain.tags.emplace_back(tag); });
}

void judge(const Daemon& daemon, const cache::StoredResponse& response, const Question& question,
           CacheExplain& explain) {
  const auto& head = response.head;
  const auto purged = daemon.purges.judge(head);
  auto reuse = cache::judge_reuse(question.view(), head, question.now, purged.stale_from);
  pipeline::tell_purge_from_head(reuse, purged.stale_from, daemon.purged, head.key);
  explain.ttl = reuse.ttl.count();
  if (purged.is_gone) {
    explain.outcome = "miss";
    explain.cause = cache::to_string(cache::MissCause::purged);
    return;
  }
  if (reuse.kind != Kind::must_validate && !cache::is_covered(question.view(), response)) {
    explain.outcome = "miss";
    explain.cause = cache::to_string(cache::MissCause::range);
    return;
  }
  const bool is_stale = reuse.ttl <= Seconds{0};
  explain.outcome = reuse.kind == Kind::must_validate ? "validate" : is_stale ? "stale_hit" : "hit";
  explain.cause = cache::to_string(reuse.cause);
}

cache::MissCause why_nothing_is_selected(const Daemon& daemon, const CacheExplain& explain) {
  if (!explain.variants.empty()) { return cache::MissCause::vary; }
  const auto uncacheable = daemon.uncacheable.find(explain.key).value_or(cache::MissCause::none);
  if (uncacheable != cache::MissCause::none) { return uncacheable; }
  if (daemon.purged.has(explain.key)) { return cache::MissCause::purged; }
  const bool was_evicted = pipeline::was_evicted(daemon.memory, daemon.disk, explain.key);
  return was_evicted ? cache::MissCause::evicted : cache::MissCause::cold;
}

std::string seconds(std::int64_t count) {
  return std::to_string(count) + " s";
}

// Each tier has a limit of its own.
std::size_t most_in_a_tier(const CacheExplain& explain) {
  const auto count = [&](const char* tier) {
    return static_cast<std::size_t>(std::ranges::count_if(
        explain.variants, [=](const auto& variant) { return variant.tier == tier || variant.tier == "both"; }));
  };
  return std::max(count("memory"), count("disk"));
}

// What would have to happen, or be asked, so that the stored response does not answer.
void say_what_misses(CacheExplain& explain) {
  auto& out = explain.misses_when;
  if (explain.outcome == "hit") {
    out.push_back("it is asked for in more than " + seconds(explain.ttl) + ": then it is stale");
    if (explain.may_be_stale && explain.stale_while_revalidate >= 0) {
      out.push_back("and from " + seconds(explain.ttl + explain.stale_while_revalidate) +
                    " on it is not served any more while it is validated");
    }
    out.push_back("the request says Cache-Control: no-cache, max-age below " + std::to_string(explain.age) +
                  " or min-fresh above " + std::to_string(explain.ttl));
  }
  if (explain.outcome == "hit" && !explain.spans.empty()) {
    out.push_back("the request asks for octets that are not there: those are fetched, and what is there is not");
  }
  for (const auto& variant : explain.variants) {
    if (variant.variant.empty()) { continue; }
    std::string names;
    for (const auto& [name, values] : values_by_name({variant})) { names += (names.empty() ? "" : ", ") + name; }
    out.push_back("the request differs in " + names + ", which select the variant");
    break;
  }
  if (const auto most = most_in_a_tier(explain); most >= cache::kMostVariants && !explain.varies_most_by.empty()) {
    out.push_back("another variant comes: there are " + std::to_string(most) +
                  ", the most that are kept, and the oldest goes; they differ most in " + explain.varies_most_by);
  }
  std::string purges = "somebody purges its URL, its host, the front of its URL";
  if (!explain.tags.empty()) { purges += " or one of its tags"; }
  if (explain.status != 0) { out.push_back(purges); }
}

}  // namespace

Task<Answer<CacheExplain>> explain_lookup(Daemon& daemon, Mailbox& mailbox, CacheExplainArguments arguments) {
  const auto question = question_of(arguments);
  if (!question) { co_return std::unexpected(question.error()); }
  CacheExplain explain;
  const auto by_policy = ask_policy(*daemon.policies.current(), *question);
  explain.key = by_policy.keys.front();
  explain.other_keys.assign(by_policy.keys.begin() + 1, by_policy.keys.end());
  const auto in_memory = daemon.memory.list(explain.key);
  const auto on_disk = co_await list_on_disk(daemon, mailbox, explain.key);
  if (!on_disk) { co_return std::unexpected(too_busy()); }
  append_variants(in_memory, "memory", *question, explain);
  append_variants(*on_disk, "disk", *question, explain);
  name_guilty_field(explain);
  const auto view = question->view();
  auto found = selected_of(in_memory, *question);
  explain.tier = "memory";
  if (found == nullptr || !cache::is_covered(view, *found)) {
    if (auto other = selected_of(*on_disk, *question); !cache::is_better_answer(view, found, other)) {
      found = std::move(other);
      explain.tier = found != nullptr ? "disk" : "";
    }
  }
  const auto bypass = by_policy.may_use_cache ? cache::why_not_lookup(view) : cache::MissCause::bypass;
  if (found != nullptr) {
    describe(*found, *question, explain);
    describe_purges(daemon, found->head, explain);
    judge(daemon, *found, *question, explain);
  } else {
    explain.outcome = "miss";
    explain.cause = cache::to_string(why_nothing_is_selected(daemon, explain));
  }
  const auto uncacheable = daemon.uncacheable.find(explain.key);
  if (uncacheable && *uncacheable != cache::MissCause::none) { explain.not_stored = cache::to_string(*uncacheable); }
  if (bypass != cache::MissCause::none) {
    explain.outcome = "bypass";
    explain.cause = cache::to_string(bypass);
  }
  say_what_misses(explain);
  if (by_policy.may_be_never && explain.outcome != "bypass") {
    explain.misses_when.emplace_back(
        "a `cache never` or `connect to` line of the policy holds, which hangs on who asks");
  }
  co_return explain;
}

}  // namespace sluice::control
