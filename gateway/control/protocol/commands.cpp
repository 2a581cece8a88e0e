#include "gateway/control/protocol/commands.hpp"

namespace sluice::control {

SLUICE_JSON_NO_MEMBERS(NoArguments)
SLUICE_JSON_MEMBERS(StatusArguments, watch, interval)
SLUICE_JSON_MEMBERS(ListenerStatus, address, mode)
SLUICE_JSON_MEMBERS(PolicyStatus, version, rules, file, alarm, unconfirmed, confirm_until)
SLUICE_JSON_MEMBERS(ListsStatus, lists, octets, alarms)
SLUICE_JSON_MEMBERS(RequestsStatus, total, by_outcome)
SLUICE_JSON_MEMBERS(MemoryStatus, budget, used, rss)
SLUICE_JSON_MEMBERS(StoreStatus, enabled, closed, responses, octets, held, budget, stores, evictions, refused, errors)
SLUICE_JSON_MEMBERS(LogStatus, file, format, lines_dropped)
SLUICE_JSON_MEMBERS(Status, version, pid, started, uptime, draining, workers, listeners, policy, lists, requests,
                    requests_per_second, hit_ratio, denied, connections, tunnels, received, sent, memory, memory_cache,
                    disk_cache, log, metrics, config_file, state_directory)
SLUICE_JSON_MEMBERS(ConfigShow, file, yaml)
SLUICE_JSON_MEMBERS(ConfigReload, file, changed, needs_restart, policy_version, milliseconds, warnings)

// By hand, because `hits` is absent rather than a number that nobody counted.
void to_json(Json& json, const PolicyRule& rule) {
  json = Json{{"id", rule.id},       {"verdict", rule.verdict}, {"text", rule.text},     {"reason", rule.reason},
              {"owner", rule.owner}, {"ticket", rule.ticket},   {"shadow", rule.shadow}, {"stage", rule.stage},
              {"file", rule.file},   {"line", rule.line}};
  if (!rule.hits) { return; }
  json["hits"] = *rule.hits;
  json["first_hit"] = rule.first_hit;
  json["last_hit"] = rule.last_hit;
}
void from_json(const Json& json, PolicyRule& rule) {
  rule.id = json.value("id", std::string());
  rule.verdict = json.value("verdict", std::string());
  rule.text = json.value("text", std::string());
  rule.reason = json.value("reason", std::string());
  rule.owner = json.value("owner", std::string());
  rule.ticket = json.value("ticket", std::string());
  rule.shadow = json.value("shadow", false);
  rule.stage = json.value("stage", std::string());
  rule.file = json.value("file", std::string());
  rule.line = json.value("line", 0);
  rule.first_hit = json.value("first_hit", 0.0);
  rule.last_hit = json.value("last_hit", 0.0);
  rule.hits = json.contains("hits") ? std::optional(json["hits"].get<std::uint64_t>()) : std::nullopt;
}

SLUICE_JSON_MEMBERS(PolicyList, version, file, rules)
SLUICE_JSON_MEMBERS(PolicyAddArguments, line, message)
SLUICE_JSON_MEMBERS(PolicyRemoveArguments, id, message)
SLUICE_JSON_MEMBERS(PolicyChange, rule, version, previous, milliseconds, tunnels_closed, warnings)
SLUICE_JSON_MEMBERS(PolicyReload, file, version, rules, milliseconds, tunnels_closed, warnings)
SLUICE_JSON_MEMBERS(PolicyDifferenceLine, sign, id, text, old_text)
SLUICE_JSON_MEMBERS(PolicyApplyArguments, text, included, name, message, confirm, dry_run, based_on)
SLUICE_JSON_MEMBERS(PolicyRollbackArguments, version, message, dry_run)
SLUICE_JSON_MEMBERS(PolicyTestFailure, name, file, line, message)
SLUICE_JSON_MEMBERS(PolicyTestsResult, passed, failures, uncovered, rules)
SLUICE_JSON_MEMBERS(PolicyApplied, version, previous, file, rules, changes, milliseconds, tunnels_closed, warnings,
                    confirm_until, dry_run, tests)
SLUICE_JSON_MEMBERS(PolicyVersionArguments, version)
SLUICE_JSON_MEMBERS(PolicyConfirmed, version)
SLUICE_JSON_MEMBERS(PolicyHistoryArguments, limit)
SLUICE_JSON_MEMBERS(PolicyVersionHead, version, time, author, reason, hash, damage)
SLUICE_JSON_MEMBERS(PolicyHistory, in_force, unconfirmed, confirm_until, versions)
SLUICE_JSON_MEMBERS(PolicySource, file, text)
SLUICE_JSON_MEMBERS(PolicyText, head, file, text, included, self, lists_file)
SLUICE_JSON_MEMBERS(PolicyDiffArguments, from, to, text, included)
SLUICE_JSON_MEMBERS(PolicyDifference, from, to, changes)
SLUICE_JSON_MEMBERS(PolicyTestArguments, url, method, from, to, at, protocol, interface, listener, mode, user, group,
                    hello, sni, alpn, ech, fields, status, type, size, response_fields, as_of)
SLUICE_JSON_MEMBERS(PolicyTestStage, stage, verdict, rule_id)
SLUICE_JSON_MEMBERS(PolicyTestStep, id, text, outcome, stage, line)
SLUICE_JSON_MEMBERS(PolicyTestRate, of, octets, rule_id, rule)
SLUICE_JSON_MEMBERS(PolicyTest, verdict, otherwise, waits_for, url, rule_id, rule, reason, listed, shadow_id,
                    shadow_verdict, location, status, settings, rates, version, stages, trace)
SLUICE_JSON_MEMBERS(ListRemark, file, line, reason)
SLUICE_JSON_MEMBERS(ListCounts, lines, entries, distinct, duplicates, names, distinct_names, prefixes,
                    distinct_prefixes, paths, distinct_paths, expressions, distinct_expressions, exceptions, lowered,
                    skipped, rejected, unsupported, rejections, wide, wide_entries)
SLUICE_JSON_MEMBERS(ListState, name, format, path, refresh, guard, categories, from, alarm, stamp, counts, edits)
SLUICE_JSON_MEMBERS(ListsShow, lists, octets, builds, builds_asked, milliseconds, failure)
SLUICE_JSON_MEMBERS(ListsUpdateArguments, accept)
SLUICE_JSON_MEMBERS(ListsUpdate, build)
SLUICE_JSON_MEMBERS(ListsEditArguments, list, category, entry)
SLUICE_JSON_MEMBERS(ListsEdited, list, category, entry, milliseconds)
SLUICE_JSON_MEMBERS(ListsWhichArguments, what)
SLUICE_JSON_MEMBERS(ListMatch, list, category, entry, line, is_exception)
SLUICE_JSON_MEMBERS(ListsWhich, what, matches)
SLUICE_JSON_MEMBERS(CacheStats, memory, disk, hit_ratio, by_outcome, misses, miss_shares, purges)
SLUICE_JSON_MEMBERS(UrlArguments, url)
SLUICE_JSON_MEMBERS(Field, name, value)
SLUICE_JSON_MEMBERS(OctetSpan, first, last)
SLUICE_JSON_MEMBERS(StoredVariant, tier, variant, status, age, ttl, size, length, spans, stored, fields)
SLUICE_JSON_MEMBERS(CacheShow, key, variants)
SLUICE_JSON_MEMBERS(CachePurgeArguments, url, host, prefix, tag, hard)

// By hand, because `responses` is absent rather than a number that nobody counted.
void to_json(Json& json, const CachePurge& purge) {
  json = Json{{"scope", purge.scope}, {"name", purge.name}, {"mode", purge.mode}, {"number", purge.number}};
  if (purge.responses) { json["responses"] = *purge.responses; }
  if (!purge.other_keys.empty()) { json["other_keys"] = purge.other_keys; }
  json["milliseconds"] = purge.milliseconds;
}
void from_json(const Json& json, CachePurge& purge) {
  purge.scope = json.value("scope", std::string());
  purge.name = json.value("name", std::string());
  purge.mode = json.value("mode", std::string());
  purge.number = json.value("number", std::uint64_t{0});
  purge.responses = json.contains("responses") ? std::optional(json["responses"].get<std::uint64_t>()) : std::nullopt;
  purge.other_keys = json.value("other_keys", std::vector<std::string>());
  purge.milliseconds = json.value("milliseconds", 0.0);
}

SLUICE_JSON_MEMBERS(CacheListArguments, host, prefix, tag, limit)
SLUICE_JSON_MEMBERS(ListedResponse, key, variant, tier, status, size, age, ttl, purged)
SLUICE_JSON_MEMBERS(CacheList, responses, more)
SLUICE_JSON_MEMBERS(CacheTopArguments, limit)
SLUICE_JSON_MEMBERS(TopKey, key, requests, hits)
SLUICE_JSON_MEMBERS(CacheTop, keys)
SLUICE_JSON_MEMBERS(CacheExplainArguments, url, method, fields)
SLUICE_JSON_MEMBERS(ExplainedVariant, tier, variant, selected)
SLUICE_JSON_MEMBERS(ExplainedPurge, scope, name, mode, number)
SLUICE_JSON_MEMBERS(CacheExplain, key, outcome, cause, not_stored, other_keys, tier, status, age, lifetime, lifetime_by,
                    ttl, stale_while_revalidate, stale_if_error, may_be_stale, must_validate, etag, last_modified, size,
                    spans, chunk, chunks, chunks_present, origin_address, tags, purges, variants, varies_most_by,
                    misses_when)
SLUICE_JSON_MEMBERS(LogTailArguments, lines, follow)
SLUICE_JSON_MEMBERS(LogLine, line)
SLUICE_JSON_MEMBERS(LogReopen, file)
SLUICE_JSON_MEMBERS(Drain, connections, tunnels, limit)

}  // namespace sluice::control
