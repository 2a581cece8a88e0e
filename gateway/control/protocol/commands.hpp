#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/control/protocol/members.hpp"
#include "gateway/control/protocol/message.hpp"

// Every command with its arguments and its result. A struct that does not say what it answers is part of one that does.
// Times of day are seconds since the epoch, durations seconds, sizes octets.
namespace sluice::control {

namespace command {
inline constexpr std::string_view kStatus = "status";
inline constexpr std::string_view kConfigShow = "config.show";
inline constexpr std::string_view kConfigReload = "config.reload";
inline constexpr std::string_view kPolicyList = "policy.list";
inline constexpr std::string_view kPolicyAdd = "policy.add";
inline constexpr std::string_view kPolicyRemove = "policy.remove";
inline constexpr std::string_view kPolicyTest = "policy.test";
inline constexpr std::string_view kPolicyReload = "policy.reload";
inline constexpr std::string_view kListsShow = "lists.show";
inline constexpr std::string_view kListsUpdate = "lists.update";
inline constexpr std::string_view kListsWhich = "lists.which";
inline constexpr std::string_view kListsAdd = "lists.add";
inline constexpr std::string_view kListsRemove = "lists.remove";
inline constexpr std::string_view kPolicyApply = "policy.apply";
inline constexpr std::string_view kPolicyConfirm = "policy.confirm";
inline constexpr std::string_view kPolicyRollback = "policy.rollback";
inline constexpr std::string_view kPolicyHistory = "policy.history";
inline constexpr std::string_view kPolicyShow = "policy.show";
inline constexpr std::string_view kPolicyDiff = "policy.diff";
inline constexpr std::string_view kCacheStats = "cache.stats";
inline constexpr std::string_view kCacheShow = "cache.show";
inline constexpr std::string_view kCachePurge = "cache.purge";
inline constexpr std::string_view kCacheList = "cache.list";
inline constexpr std::string_view kCacheTop = "cache.top";
inline constexpr std::string_view kCacheExplain = "cache.explain";
inline constexpr std::string_view kLogTail = "log.tail";
inline constexpr std::string_view kLogReopen = "log.reopen";
inline constexpr std::string_view kDrain = "drain";
}  // namespace command

struct NoArguments {};

// --- status -------------------------------------------------------------------------------------------------------

struct StatusArguments {
  bool watch = false;   // a Status every `interval` until the tool closes
  double interval = 1;  // seconds, 0.1 to 60
};

struct ListenerStatus {
  std::string address;  // as bound: with the port that the kernel chose
  std::string mode;
};

struct PolicyStatus {
  std::uint64_t version = 0;
  std::uint64_t rules = 0;
  std::string file;
  std::string alarm;  // why everything is denied, or why what is in force is not what is written; "" when all is well
  std::uint64_t unconfirmed = 0;  // the version that rolls itself back unless confirmed; 0: none
  double confirm_until = 0;       // when
};

struct ListsStatus {
  std::uint64_t lists = 0;
  std::uint64_t octets = 0;         // of the compiled file
  std::vector<std::string> alarms;  // "NAME: why", of lists whose files are not in force
};

struct RequestsStatus {
  std::uint64_t total = 0;
  std::map<std::string, std::uint64_t> by_outcome;  // words of record::Outcome
};

struct MemoryStatus {
  std::uint64_t budget = 0;
  std::uint64_t used = 0;
  std::uint64_t rss = 0;
};

struct StoreStatus {  // cache::StoreStats
  bool enabled = false;
  bool closed = false;  // configured, and cannot be opened now
  std::uint64_t responses = 0;
  std::uint64_t octets = 0;
  std::uint64_t held = 0;  // of the octets: of content on its way
  std::uint64_t budget = 0;
  std::uint64_t stores = 0;
  std::uint64_t evictions = 0;
  std::uint64_t refused = 0;
  std::uint64_t errors = 0;
};

struct LogStatus {
  std::string file;
  std::string format;
  std::uint64_t lines_dropped = 0;
};

struct Status {  // answers `status`
  std::string version;
  std::int64_t pid = 0;
  double started = 0;
  double uptime = 0;
  bool draining = false;
  std::uint64_t workers = 0;
  std::vector<ListenerStatus> listeners;
  PolicyStatus policy;
  ListsStatus lists;
  RequestsStatus requests;
  double requests_per_second = 0;  // over the last seconds
  double hit_ratio = 0;            // of requests that the cache could have answered, 0 to 1
  std::uint64_t denied = 0;
  std::uint64_t connections = 0;  // open now
  std::uint64_t tunnels = 0;      // open now
  std::uint64_t received = 0;     // octets from clients
  std::uint64_t sent = 0;         // octets to clients
  MemoryStatus memory;
  StoreStatus memory_cache;
  StoreStatus disk_cache;
  LogStatus log;
  std::string metrics;      // address of the metrics listener; "" when off
  std::string config_file;  // "" when there is none
  std::string state_directory;
};

// --- config -------------------------------------------------------------------------------------------------------

struct ConfigShow {  // answers `config.show`
  std::string file;  // "" when there is none
  std::string yaml;  // effective, overrides included
};

struct ConfigReload {  // answers `config.reload`; a bad file is the error invalid_configuration
  std::string file;
  std::vector<std::string> changed;        // keys that are in force now
  std::vector<std::string> needs_restart;  // keys that changed in the file and wait for a restart
  std::uint64_t policy_version = 0;        // the policy is read again too
  double milliseconds = 0;
  std::vector<Diagnostic> warnings;
};

// --- policy -------------------------------------------------------------------------------------------------------

struct PolicyRule {
  std::string id;
  std::string verdict;  // allow | deny | setting
  std::string text;
  std::string reason;
  std::string owner = {};
  std::string ticket = {};
  bool shadow = false;  // judged and recorded, not acted on
  std::string stage;    // packet | connection | request | response
  std::string file = {};
  int line = 0;
  std::optional<std::uint64_t> hits;  // exchanges that it decided or applied to; absent where nobody counts them
  double first_hit = 0;               // 0: there is none
  double last_hit = 0;
};

struct PolicyList {  // answers `policy.list`
  std::uint64_t version = 0;
  std::string file;
  std::vector<PolicyRule> rules;
};

struct PolicyAddArguments {
  std::string line;     // one verdict line
  std::string message;  // why: the rule's reason when the line gives none; the author is the peer of the socket
};

struct PolicyRemoveArguments {
  std::string id;
  std::string message;
};

struct PolicyChange {  // answers `policy.add` and `policy.remove`; errors: invalid_policy, not_found, rolled_back
  PolicyRule rule;     // that was added or removed
  std::uint64_t version = 0;
  std::uint64_t previous = 0;  // the version that was in force before
  double milliseconds = 0;     // from the request until it was in force
  std::uint64_t tunnels_closed = 0;
  std::vector<Diagnostic> warnings;
};

struct PolicyReload {  // answers `policy.reload`; errors: invalid_policy
  std::string file;
  std::uint64_t version = 0;
  std::uint64_t rules = 0;
  double milliseconds = 0;
  std::uint64_t tunnels_closed = 0;
  std::vector<Diagnostic> warnings;
};

struct ListMatch {
  std::string list;
  std::string category;
  std::string entry;
  std::uint32_t line = 0;  // 0: it was put in by hand
  bool is_exception = false;
};

struct PolicyDifferenceLine {
  std::string sign;  // + new, - gone, ~ the same id with another text, > stands elsewhere
  std::string id;    // of a rule; "" for definitions
  std::string text;
  std::string old_text;  // of ~
};

struct PolicySource {
  std::string file;
  std::string text;
};

struct PolicyApplyArguments {
  std::string text;  // the whole policy
  // What it includes, by paths from its folder. None: that is read from the daemon's disk.
  std::vector<PolicySource> included = {};
  std::string name;  // of the file it comes from, for diagnostics; "": that of the policy in force
  std::string message;
  std::int64_t confirm = 0;    // seconds after which it rolls itself back unless confirmed; 0: it stays
  bool dry_run = false;        // say what would change
  std::uint64_t based_on = 0;  // refuse unless this version is in force; 0: whatever is
};

struct PolicyRollbackArguments {
  std::uint64_t version = 0;
  std::string message;
  bool dry_run = false;
};

struct PolicyTestFailure {
  std::string name;
  std::string file;
  int line = 0;
  std::string message;  // what was expected, and what was said
};

// The tests that stand in a policy text.
struct PolicyTestsResult {
  std::uint64_t passed = 0;
  std::vector<PolicyTestFailure> failures;
  std::vector<std::string> uncovered;  // ids of verdict rules that decided none of them
  std::uint64_t rules = 0;             // verdict rules
};

// Answers `policy.apply` and `policy.rollback`; errors: invalid_policy, not_found, failed. A rollback is a new version
// with the old text.
struct PolicyApplied {
  std::uint64_t version = 0;
  std::uint64_t previous = 0;  // the version that was in force before
  std::string file;
  std::uint64_t rules = 0;
  std::vector<PolicyDifferenceLine> changes;
  double milliseconds = 0;
  std::uint64_t tunnels_closed = 0;
  std::vector<Diagnostic> warnings;
  double confirm_until = 0;  // 0: it stays
  bool dry_run = false;      // nothing was changed
  PolicyTestsResult tests;   // of the text; one that fails refuses it
};

struct PolicyVersionArguments {  // of `policy.show` and `policy.confirm`
  std::uint64_t version = 0;     // 0: the one in force, the one that waits
};

struct PolicyConfirmed {  // answers `policy.confirm`; errors: not_found
  std::uint64_t version = 0;
};

struct PolicyHistoryArguments {
  std::uint64_t limit = 20;  // versions, the newest first
};

struct PolicyVersionHead {
  std::uint64_t version = 0;
  double time = 0;
  std::string author;  // "ops (1000)"; "file" when the text was edited by hand
  std::string reason;
  std::string hash;    // SHA-256 over the version and the hash of the one ahead of it
  std::string damage;  // why the record cannot be trusted; "" when it can
};

struct PolicyHistory {  // answers `policy.history`
  std::uint64_t in_force = 0;
  std::uint64_t unconfirmed = 0;  // 0: none waits
  double confirm_until = 0;
  std::vector<PolicyVersionHead> versions;
};

struct PolicyText {  // answers `policy.show`; errors: not_found
  PolicyVersionHead head;
  std::string file;  // that it is, or was, the text of
  std::string text;
  std::vector<PolicySource> included;
  std::vector<std::string> self;  // prefixes that `self` stands for
  std::string lists_file;         // the compiled lists in force; "" without lists
};

struct PolicyDiffArguments {
  std::uint64_t from = 0;                   // 0: the one in force
  std::uint64_t to = 0;                     // likewise; not used with `text`
  std::string text;                         // a candidate
  std::vector<PolicySource> included = {};  // with it, by paths from its folder
};

struct PolicyDifference {  // answers `policy.diff`; errors: not_found, invalid_policy
  std::uint64_t from = 0;
  std::uint64_t to = 0;  // 0: the candidate
  std::vector<PolicyDifferenceLine> changes;
};

struct PolicyTestArguments {
  std::string url;  // "http://host/path"; for CONNECT "host:port"
  std::string method = "GET";
  std::string from;  // client address; "" when unknown
  std::string to;    // address that would be connected; "" when unknown
  std::string at;    // "tue 10:00", "2026-12-25 10:00 Europe/Berlin"; "" now
  std::string protocol = "tcp";
  std::string interface;  // where it comes in; "": that never becomes known
  std::string listener;   // "address:port"; "" when unknown
  std::string mode = "explicit";
  std::string user;                 // who the client is; "" when unknown
  std::string group;                // that the user is in, beside those of the policy
  std::string hello;                // what the client begins its tunnel with: "tls" or "none"; "" when unknown
  std::string sni;                  // server name of the hello; "" when it has none
  std::vector<std::string> alpn;    // protocols that it offers
  bool ech = false;                 // it holds an Encrypted Client Hello
  std::vector<std::string> fields;  // of the request, "Name: value"; none: not known
  int status = 0;                   // of the response; 0: it is not known
  std::string type;                 // with a status
  std::int64_t size = -1;           // with a status; -1: it does not say
  std::vector<std::string> response_fields;
  std::uint64_t as_of = 0;  // judge by this version; 0: the one in force
};

// What the policy says when everything up to a stage is known.
struct PolicyTestStage {
  std::string stage;
  std::string verdict;
  std::string rule_id;  // that decides, or is waited for
};

struct PolicyTestStep {
  std::string id;
  std::string text;
  std::string outcome;  // matched | not_matched | not_yet_known | passed_over
  std::string stage;
  int line = 0;
};

// What passes no faster than a line of the policy says.
struct PolicyTestRate {
  std::string of;            // request | response | tunnel: their content, and each direction of a tunnel
  std::uint64_t octets = 0;  // a second
  std::string rule_id;
  std::string rule;  // its text
};

struct PolicyTest {       // answers `policy.test`
  std::string verdict;    // a word of policy::Verdict; undecided: rules ahead of the deciding one need more facts
  std::string otherwise;  // the verdict when none of the rules in `waits_for` matches; equal to `verdict` when decided
  std::vector<std::string> waits_for;  // rules that need facts that were not given
  std::string url;                     // normalised
  std::string rule_id;                 // that decides, or would
  std::string rule;                    // its text
  std::string reason;
  ListMatch listed = {};       // the entry by which it matched; without one its list is ""
  std::string shadow_id = {};  // of a shadow rule that would have decided; "" when there is none
  std::string shadow_verdict = {};
  std::string location = {};  // of a redirect: where it leads
  int status = 0;             // of a redirect; 0: the request is one that cannot be redirected, and is refused
  std::vector<std::string> settings = {};  // texts of the settings that apply
  std::vector<PolicyTestRate> rates = {};  // one for each that is limited
  std::uint64_t version = 0;               // 0: of a file, which is none
  std::vector<PolicyTestStage> stages = {};
  std::vector<PolicyTestStep> trace;
};

// --- lists --------------------------------------------------------------------------------------------------------

struct ListRemark {  // about one line
  std::string file;  // below a tree; "" of a single file
  std::uint32_t line = 0;
  std::string reason;
};

struct ListCounts {
  std::uint64_t lines = 0;    // with something in them, comments left out
  std::uint64_t entries = 0;  // that they gave: names, prefixes, paths, expressions
  std::uint64_t distinct = 0;
  std::uint64_t duplicates = 0;  // entries of what another one names already
  std::uint64_t names = 0;       // of the entries, and so on
  std::uint64_t distinct_names = 0;
  std::uint64_t prefixes = 0;
  std::uint64_t distinct_prefixes = 0;
  std::uint64_t paths = 0;
  std::uint64_t distinct_paths = 0;
  std::uint64_t expressions = 0;
  std::uint64_t distinct_expressions = 0;
  std::uint64_t exceptions = 0;
  std::uint64_t lowered = 0;  // patterns that became names, paths or plain expressions
  std::uint64_t skipped = 0;
  std::uint64_t rejected = 0;
  std::map<std::string, std::uint64_t> unsupported;
  std::vector<ListRemark> rejections;    // the first of them
  std::uint64_t wide = 0;                // entries that hold for far more than lists mean to: `com`, `0.0.0.0/0`
  std::vector<ListRemark> wide_entries;  // the first of them
};

struct ListState {
  std::string name;
  std::string format;
  std::string path;
  std::uint32_t refresh = 0;  // seconds; 0: when its files change
  std::uint32_t guard = 0;    // per cent; 0: it may not lose more than half
  std::vector<std::string> categories;
  std::string from;                     // file | kept copy | nothing
  std::string alarm;                    // why its files are not in force; "" when they are
  std::string stamp;                    // of format, category and content
  ListCounts counts;                    // of its files
  std::vector<std::string> edits = {};  // by hand, in force: "add example.com", with the category where it has several
};

struct ListsShow {  // answers `lists.show`
  std::vector<ListState> lists;
  std::uint64_t octets = 0;        // of the compiled file
  std::uint64_t builds = 0;        // that have ended since the start
  std::uint64_t builds_asked = 0;  // of which those beyond `builds` are under way or wait
  double milliseconds = 0;         // that the last one took
  std::string failure;             // of the last one; "" when it went well
};

struct ListsUpdateArguments {
  bool accept = false;  // whatever the guards say
};

struct ListsUpdate {  // answers `lists.update`: it has begun; `lists.show` says when `builds` has got to `build`
  std::uint64_t build = 0;
};

struct ListsEditArguments {  // of `lists.add` and `lists.remove`
  std::string list;
  std::string category;  // "": its only one
  std::string entry;     // a name with everything below it, an address or prefix, "host/path"
};

struct ListsEdited {  // answers both: it is in force
  std::string list;
  std::string category;
  std::string entry;
  double milliseconds = 0;
};

struct ListsWhichArguments {
  std::string what;  // a host, an address or a URL
};

struct ListsWhich {  // answers `lists.which`
  std::string what;  // normalised
  std::vector<ListMatch> matches;
};

// --- cache --------------------------------------------------------------------------------------------------------

struct CacheStats {  // answers `cache.stats`
  StoreStatus memory;
  StoreStatus disk;
  double hit_ratio = 0;
  std::map<std::string, std::uint64_t> by_outcome;  // words of record::Outcome
  std::map<std::string, std::uint64_t> misses;      // words of cache::MissCause
  std::map<std::string, double> miss_shares;        // the same, of all misses, 0 to 1
  std::uint64_t purges = 0;                         // by host, prefix and tag that may still touch something
};

struct UrlArguments {  // of `cache.show`
  std::string url;
};

struct Field {
  std::string name;
  std::string value;
};

struct OctetSpan {  // of a content, both included
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

struct StoredVariant {
  std::string tier;     // memory | disk
  std::string variant;  // what the request's fields selected it by; "" without Vary
  int status = 0;
  std::int64_t age = 0;
  std::int64_t ttl = 0;          // freshness left; negative: stale for that long
  std::uint64_t size = 0;        // octets of content that are there
  std::uint64_t length = 0;      // of the whole content
  std::vector<OctetSpan> spans;  // what is there when it is not all; else none
  double stored = 0;
  std::vector<Field> fields;
};

struct CacheShow {  // answers `cache.show`; no variants when nothing is stored
  std::string key;
  std::vector<StoredVariant> variants;
};

struct CachePurgeArguments {  // exactly one of the first four
  std::string url;
  std::string host;    // or host:port
  std::string prefix;  // the front of URLs
  std::string tag;
  bool hard = false;  // never to be used again, rather than stale
};

struct CachePurge {                        // answers `cache.purge`: in force on every worker, and on disk
  std::string scope;                       // url | host | prefix | tag
  std::string name;                        // normalised
  std::string mode;                        // soft | hard
  std::uint64_t number = 0;                // every response that was asked for ahead of this purge is touched
  std::optional<std::uint64_t> responses;  // stored variants touched; only a purge by URL counts them
  std::vector<std::string> other_keys;     // beside `name`, by `cache key` lines that hang on who asks
  double milliseconds = 0;
};

struct CacheListArguments {
  std::string host;    // or host:port; "" for all
  std::string prefix;  // the front of URLs
  std::string tag;
  std::uint64_t limit = 100;  // 1 to 10000
};

struct ListedResponse {
  std::string key;
  std::string variant;
  std::string tier;  // memory | disk | both
  int status = 0;
  std::uint64_t size = 0;
  std::int64_t age = 0;
  std::int64_t ttl = 0;
  std::string purged;  // hard: not used any more | soft: stale for that | ""
};

struct CacheList {  // answers `cache.list`, in the order of keys
  std::vector<ListedResponse> responses;
  bool more = false;  // there are others
};

struct CacheTopArguments {
  std::uint64_t limit = 20;  // 1 to 10000
};

struct TopKey {
  std::string key;
  std::uint64_t requests = 0;  // estimated, the last minutes more than what was before
  std::uint64_t hits = 0;      // of them
};

struct CacheTop {  // answers `cache.top`, the most requested first
  std::vector<TopKey> keys;
};

struct CacheExplainArguments {
  std::string url;
  std::string method = "GET";
  std::vector<Field> fields;  // of the request
};

struct ExplainedVariant {
  std::string tier;     // memory | disk | both
  std::string variant;  // a line for each selecting field: name, or name:value
  bool selected = false;
};

struct ExplainedPurge {
  std::string scope;
  std::string name;
  std::string mode;          // soft | hard
  std::uint64_t number = 0;  // 0: carried out already
};

struct CacheExplain {  // answers `cache.explain`
  std::string key;
  std::string outcome;                  // hit | stale_hit | validate | miss | bypass
  std::string cause;                    // words of cache::MissCause; "-" for a fresh hit
  std::string not_stored;               // the cause why the last answer was not stored; "" when that is not known
  std::vector<std::string> other_keys;  // beside `key`, by `cache key` lines that hang on what was not told
  std::string tier;  // memory | disk; "" when the request selects nothing: then what follows means nothing
  int status = 0;
  std::int64_t age = 0;
  std::int64_t lifetime = 0;
  std::string lifetime_by;                   // s-maxage | max-age | Expires | heuristic | none; what governs instead of
                                             // Cache-Control in front: the targeted field, or "policy"
  std::int64_t ttl = 0;                      // negative: stale for so long
  std::int64_t stale_while_revalidate = -1;  // windows; -1: none
  std::int64_t stale_if_error = -1;
  bool may_be_stale = false;   // no directive forbids it
  bool must_validate = false;  // each use needs a validation
  std::string etag;
  std::string last_modified;
  std::uint64_t size = 0;        // of the whole content
  std::vector<OctetSpan> spans;  // what is there of it when it is not all; else none
  std::uint64_t chunk = 0;       // octets of content a chunk on disk; 0: it is known from memory only
  std::uint64_t chunks = 0;      // of the whole content
  std::uint64_t chunks_present = 0;
  std::string origin_address;
  std::vector<std::string> tags;
  std::vector<ExplainedPurge> purges;  // that touch it
  std::vector<ExplainedVariant> variants;
  std::string varies_most_by;  // the selecting field in which the variants differ most
  std::vector<std::string> misses_when;
};

// --- log, drain ---------------------------------------------------------------------------------------------------

struct LogTailArguments {
  std::uint64_t lines = 10;  // back from the end
  bool follow = false;       // then every new line until the tool closes
};

struct LogLine {  // answers `log.tail`, one reply for each line
  std::string line;
};

struct LogReopen {  // answers `log.reopen`
  std::string file;
};

struct Drain {  // answers `drain`: accepting has stopped
  std::uint64_t connections = 0;
  std::uint64_t tunnels = 0;
  double limit = 0;  // seconds until what is left is cut
};

SLUICE_JSON_DECLARE(NoArguments);
SLUICE_JSON_DECLARE(StatusArguments);
SLUICE_JSON_DECLARE(ListenerStatus);
SLUICE_JSON_DECLARE(PolicyStatus);
SLUICE_JSON_DECLARE(ListsStatus);
SLUICE_JSON_DECLARE(RequestsStatus);
SLUICE_JSON_DECLARE(MemoryStatus);
SLUICE_JSON_DECLARE(StoreStatus);
SLUICE_JSON_DECLARE(LogStatus);
SLUICE_JSON_DECLARE(Status);
SLUICE_JSON_DECLARE(ConfigShow);
SLUICE_JSON_DECLARE(ConfigReload);
SLUICE_JSON_DECLARE(PolicyRule);
SLUICE_JSON_DECLARE(PolicyList);
SLUICE_JSON_DECLARE(PolicyAddArguments);
SLUICE_JSON_DECLARE(PolicyRemoveArguments);
SLUICE_JSON_DECLARE(PolicyChange);
SLUICE_JSON_DECLARE(PolicyReload);
SLUICE_JSON_DECLARE(PolicyDifferenceLine);
SLUICE_JSON_DECLARE(PolicyApplyArguments);
SLUICE_JSON_DECLARE(PolicyRollbackArguments);
SLUICE_JSON_DECLARE(PolicyApplied);
SLUICE_JSON_DECLARE(PolicyVersionArguments);
SLUICE_JSON_DECLARE(PolicyConfirmed);
SLUICE_JSON_DECLARE(PolicyHistoryArguments);
SLUICE_JSON_DECLARE(PolicyVersionHead);
SLUICE_JSON_DECLARE(PolicyHistory);
SLUICE_JSON_DECLARE(PolicySource);
SLUICE_JSON_DECLARE(PolicyText);
SLUICE_JSON_DECLARE(PolicyDiffArguments);
SLUICE_JSON_DECLARE(PolicyDifference);
SLUICE_JSON_DECLARE(PolicyTestArguments);
SLUICE_JSON_DECLARE(PolicyTestStep);
SLUICE_JSON_DECLARE(PolicyTestStage);
SLUICE_JSON_DECLARE(PolicyTestFailure);
SLUICE_JSON_DECLARE(PolicyTestsResult);
SLUICE_JSON_DECLARE(PolicyTest);
SLUICE_JSON_DECLARE(ListRemark);
SLUICE_JSON_DECLARE(ListCounts);
SLUICE_JSON_DECLARE(ListState);
SLUICE_JSON_DECLARE(ListsShow);
SLUICE_JSON_DECLARE(ListsUpdateArguments);
SLUICE_JSON_DECLARE(ListsUpdate);
SLUICE_JSON_DECLARE(ListsEditArguments);
SLUICE_JSON_DECLARE(ListsEdited);
SLUICE_JSON_DECLARE(ListsWhichArguments);
SLUICE_JSON_DECLARE(ListMatch);
SLUICE_JSON_DECLARE(ListsWhich);
SLUICE_JSON_DECLARE(CacheStats);
SLUICE_JSON_DECLARE(UrlArguments);
SLUICE_JSON_DECLARE(Field);
SLUICE_JSON_DECLARE(OctetSpan);
SLUICE_JSON_DECLARE(StoredVariant);
SLUICE_JSON_DECLARE(CacheShow);
SLUICE_JSON_DECLARE(CachePurgeArguments);
SLUICE_JSON_DECLARE(CachePurge);
SLUICE_JSON_DECLARE(CacheListArguments);
SLUICE_JSON_DECLARE(ListedResponse);
SLUICE_JSON_DECLARE(CacheList);
SLUICE_JSON_DECLARE(CacheTopArguments);
SLUICE_JSON_DECLARE(TopKey);
SLUICE_JSON_DECLARE(CacheTop);
SLUICE_JSON_DECLARE(CacheExplainArguments);
SLUICE_JSON_DECLARE(ExplainedVariant);
SLUICE_JSON_DECLARE(ExplainedPurge);
SLUICE_JSON_DECLARE(CacheExplain);
SLUICE_JSON_DECLARE(LogTailArguments);
SLUICE_JSON_DECLARE(LogLine);
SLUICE_JSON_DECLARE(LogReopen);
SLUICE_JSON_DECLARE(Drain);

}  // namespace sluice::control
