#include "gateway/control/protocol/commands.hpp"

namespace sluice::control {

SLUICE_JSON_NO_MEMBERS(NoArguments)
SLUICE_JSON_MEMBERS(StatusArguments, watch, interval)
SLUICE_JSON_MEMBERS(ListenerStatus, address, mode)
SLUICE_JSON_MEMBERS(PolicyStatus, version, rules, file)
SLUICE_JSON_MEMBERS(ListsStatus, lists, octets, alarms)
SLUICE_JSON_MEMBERS(RequestsStatus, total, by_outcome)
SLUICE_JSON_MEMBERS(MemoryStatus, budget, used, rss)
SLUICE_JSON_MEMBERS(StoreStatus, enabled, responses, octets, budget, stores, evictions, refused, errors)
SLUICE_JSON_MEMBERS(LogStatus, file, format, lines_dropped)
SLUICE_JSON_MEMBERS(Status, version, pid, started, uptime, draining, workers, listeners, policy, lists, requests,
                    requests_per_second, hit_ratio, denied, connections, tunnels, received, sent, memory, memory_cache,
                    disk_cache, log, metrics, config_file, state_directory)
SLUICE_JSON_MEMBERS(ConfigShow, file, yaml)
SLUICE_JSON_MEMBERS(ConfigReload, file, changed, needs_restart, policy_version, milliseconds, warnings)

// By hand, because `hits` is absent rather than a number that nobody counted.
void to_json(Json& json, const PolicyRule& rule) {
  json = Json{{"id", rule.id},         {"verdict", rule.verdict}, {"text", rule.text},
              {"reason", rule.reason}, {"stage", rule.stage},     {"line", rule.line}};
  if (rule.hits) { json["hits"] = *rule.hits; }
}
void from_json(const Json& json, PolicyRule& rule) {
  rule.id = json.value("id", std::string());
  rule.verdict = json.value("verdict", std::string());
  rule.text = json.value("text", std::string());
  rule.reason = json.value("reason", std::string());
  rule.stage = json.value("stage", std::string());
  rule.line = json.value("line", 0);
  rule.hits = json.contains("hits") ? std::optional(json["hits"].get<std::uint64_t>()) : std::nullopt;
}

SLUICE_JSON_MEMBERS(PolicyList, version, file, rules)
SLUICE_JSON_MEMBERS(PolicyAddArguments, line, message)
SLUICE_JSON_MEMBERS(PolicyRemoveArguments, id, message)
SLUICE_JSON_MEMBERS(PolicyChange, rule, version, milliseconds, tunnels_closed, warnings)
SLUICE_JSON_MEMBERS(PolicyReload, file, version, rules, milliseconds, tunnels_closed, warnings)
SLUICE_JSON_MEMBERS(PolicyTestArguments, url, method, from, to)
SLUICE_JSON_MEMBERS(PolicyTestStep, id, text, outcome, stage, line)
SLUICE_JSON_MEMBERS(PolicyTest, verdict, otherwise, waits_for, url, rule_id, rule, reason, listed, version, trace)
SLUICE_JSON_MEMBERS(ListRejection, file, line, reason)
SLUICE_JSON_MEMBERS(ListCounts, lines, entries, names, distinct_names, prefixes, paths, expressions, exceptions,
                    lowered, skipped, rejected, unsupported, rejections)
SLUICE_JSON_MEMBERS(ListState, name, format, path, refresh, guard, categories, from, alarm, stamp, counts)
SLUICE_JSON_MEMBERS(ListsShow, lists, octets, builds, builds_asked, milliseconds, failure)
SLUICE_JSON_MEMBERS(ListsUpdateArguments, accept)
SLUICE_JSON_MEMBERS(ListsUpdate, build)
SLUICE_JSON_MEMBERS(ListsEditArguments, list, category, entry)
SLUICE_JSON_MEMBERS(ListsEdited, list, category, entry, milliseconds)
SLUICE_JSON_MEMBERS(ListsWhichArguments, what)
SLUICE_JSON_MEMBERS(ListMatch, list, category, entry, line, is_exception)
SLUICE_JSON_MEMBERS(ListsWhich, what, matches)
SLUICE_JSON_MEMBERS(CacheStats, memory, disk, hit_ratio, by_outcome, misses)
SLUICE_JSON_MEMBERS(UrlArguments, url)
SLUICE_JSON_MEMBERS(Field, name, value)
SLUICE_JSON_MEMBERS(StoredVariant, tier, variant, status, age, ttl, size, stored, fields)
SLUICE_JSON_MEMBERS(CacheShow, key, variants)
SLUICE_JSON_MEMBERS(CachePurge, key, removed)
SLUICE_JSON_MEMBERS(LogTailArguments, lines, follow)
SLUICE_JSON_MEMBERS(LogLine, line)
SLUICE_JSON_MEMBERS(LogReopen, file)
SLUICE_JSON_MEMBERS(Drain, connections, tunnels, limit)

}  // namespace sluice::control
