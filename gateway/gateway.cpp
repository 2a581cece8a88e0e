#include "gateway/gateway.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/address_watch.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/descriptor_limit.hpp"
#include "gateway/base/timer.hpp"
#include "gateway/config/endpoint.hpp"
#include "gateway/config/key.hpp"
#include "gateway/config/load.hpp"
#include "gateway/config/value.hpp"
#include "gateway/control/control_server.hpp"
#include "gateway/control/daemon.hpp"
#include "gateway/control/hit_ledger.hpp"
#include "gateway/control/judge/judge.hpp"
#include "gateway/control/list_keeper.hpp"
#include "gateway/control/metrics_server.hpp"
#include "gateway/control/milliseconds_since.hpp"
#include "gateway/control/say.hpp"
#include "gateway/fault_watch.hpp"
#include "gateway/open_listeners.hpp"
#include "gateway/open_stores.hpp"
#include "gateway/own_addresses.hpp"
#include "gateway/policy_file.hpp"
#include "gateway/privileges.hpp"
#include "gateway/resolver_options.hpp"
#include "gateway/service_manager.hpp"
#include "gateway/state_lock.hpp"
#include "gateway/user_file.hpp"
#include "gateway/version.hpp"
#include "gateway/worker_pool.hpp"

namespace sluice {

namespace {

using control::say;
using std::chrono::steady_clock;

constexpr std::uint64_t kReservedDescriptors = 64;  // for the disk, the log, the control socket

record::LogFormat log_format(const std::string& name) {
  if (name == "squid") { return record::LogFormat::squid; }
  if (name == "combined") { return record::LogFormat::combined; }
  return name == "none" ? record::LogFormat::none : record::LogFormat::json;
}

// The configured name, or one of our own that no other gateway has: a loop is seen by it at the first return.
std::string via_name_for(const config::Configuration& configuration) {
  if (configuration.forwarding.via_name != config::Forwarding{}.via_name) { return configuration.forwarding.via_name; }
  HexIdGenerator ids;
  const auto id = ids.next();
  return configuration.forwarding.via_name + "-" + std::string(view(id).substr(0, 8));
}

// What one thread allocates another one frees here: content from disk, stores that wait to be written. With a heap for
// each thread, the allocator's habit, each of them keeps what the others gave back (docs/decisions/0011).
void share_heaps(std::size_t workers) {
  constexpr std::size_t kWorkersPerHeap = 4;
  ::mallopt(M_ARENA_MAX, static_cast<int>((workers + kWorkersPerHeap - 1) / kWorkersPerHeap));
}

void make_directory(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) { throw std::runtime_error("cannot make " + path + ": " + failed.message()); }
}

}  // namespace

class Gateway::Running {
 public:
  Running(StartOptions options, config::Configuration configuration)
      : options_(std::move(options)),
        configuration_(std::make_shared<const config::Configuration>(std::move(configuration))),
        policies_(policy_file_of(*configuration_), policy_versions_of(*configuration_), {}),
        ledger_(in_state("policy.hits")),
        lists_(in_state("lists")) {}

  int run() {
    prepare();
    bind();
    drop_privileges();
    open_stores();
    load_policy();
    load_users();
    make_workers();
    start_control();
    workers_.start();
    say("ready");
    service_manager::ready("serving");
    context_.run();
    stop();
    return 0;
  }

 private:
  const config::Configuration& configuration() const { return *configuration_; }
  std::string in_state(const std::string& name) const { return configuration().state_directory + "/" + name; }
  std::string log_file() const { return log_file_of(configuration()); }
  std::string log_file_of(const config::Configuration& wanted) const {
    return wanted.log.file.empty() ? in_state("access.log") : wanted.log.file;
  }
  std::shared_ptr<record::AccessLog> open_log(const config::Configuration& wanted) const {
    return std::make_shared<record::AccessLog>(
        record::AccessLog::Options{log_file_of(wanted), log_format(wanted.log.format)});
  }
  std::string socket_path() const {
    return configuration().admin.socket.empty() ? in_state("control.sock") : configuration().admin.socket;
  }
  std::size_t worker_count() const {
    if (configuration().workers != 0) { return configuration().workers; }
    return std::max(1U, std::thread::hardware_concurrency());
  }

  void prepare() {
    ::signal(SIGPIPE, SIG_IGN);
    // From here on a signal waits for the event loop, and ends nothing in the middle of the start.
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) { signals_.add(signal); }
    share_heaps(worker_count());
    descriptor_limit_ = raise_descriptor_limit();
    account_ = account_for(configuration().user);
    allowed_users_ = uids_of(configuration().admin.users);
    make_directory(configuration().state_directory);
    state_lock_.emplace(configuration().state_directory);
  }

  // Everything that may need root comes before drop_privileges().
  void bind() {
    listeners_ = open_listeners(configuration().listeners, worker_count());
    for (const auto& name : listeners_.names) { say("listening on " + name.mode + " " + name.address); }
  }

  void drop_privileges() {
    hand_over({configuration().state_directory}, account_);
    sluice::drop_privileges(account_);
    if (::geteuid() == 0) { say("running as root without capabilities; set the key `user` to run as someone else"); }
  }

  void open_stores() {
    log_ = open_log(configuration());
    const auto& cache = configuration().cache;
    has_disk_tier_ = cache.enabled && cache.disk != 0;
    stores_ = sluice::open_stores(cache, in_state("cache"), purges_);
  }

  void load_policy() {
    policies_.set_self(own_addresses());
    using control::PolicyKeeper;
    const bool is_named = !configuration().policy.file.empty();
    const auto loaded = policies_.load(is_named ? PolicyKeeper::NoFile::is_error : PolicyKeeper::NoFile::makes_default);
    const auto policy = loaded ? *loaded : without_policy(loaded.error());
    ledger_.load();
    in_force_ = std::make_unique<pipeline::PolicyInForce>(policy);
    policies_.put_in_force(*in_force_, [this](const pipeline::PolicyPtr& policy) {
      lists_.declare(policy->list_declarations());
      return workers_.judge_tunnels(policy);
    });
    // What nobody confirmed while we were away judges no request.
    if (const auto news = policies_.expire(coarse_unix_now()); !news.empty()) { say(news); }
    const auto in_force = policies_.current();
    const auto& declared = in_force->list_declarations();
    if (!declared.empty()) {
      say("reading " + std::to_string(declared.size()) + (declared.size() == 1 ? " list" : " lists"));
    }
    policies_.use_lists(lists_.load(declared));
    say(policies_.current()->warnings());
  }

  // What is in force when none could be loaded.
  pipeline::PolicyPtr without_policy(const std::vector<policy::Diagnostic>& why) {
    say(why);
    const auto mend = "mend it and see `sluice policy check " + policies_.file() + "`";
    if (configuration().policy.unloadable == "refuse") {
      throw InvalidPolicy("no policy could be loaded, and nothing is served without one; " + mend +
                          ", or start with --set policy.unloadable=closed and roll back");
    }
    auto closed = policies_.close(why);
    say("ALARM: " + policies_.alarm() + "; " + mend + ", then `sluice policy reload`, or apply another one");
    return closed;
  }

  void load_users() {
    users_.load(configuration().auth);
    warn_of_missing_users();
  }

  void warn_of_missing_users() const {
    if (!configuration().auth.htpasswd.empty() || !in_force_->snapshot()->asks_for_users()) { return; }
    say("the policy asks for users, but auth.htpasswd names no file: nobody is one of them");
  }

  // Each client may need an upstream connection too.
  std::uint64_t connections_per_worker() const {
    const auto configured = configuration().limits.connections;
    const auto by_descriptors = descriptor_limit_ > 2 * kReservedDescriptors
                                    ? (descriptor_limit_ - kReservedDescriptors) / 2
                                    : std::max<std::uint64_t>(descriptor_limit_ / 4, 1);
    const auto total = configured == 0 ? by_descriptors : std::min(configured, by_descriptors);
    return std::max<std::uint64_t>(total / worker_count(), 1);
  }

  void make_workers() {
    shared_ = std::make_unique<Shared>(Shared{*in_force_, *stores_.memory, stores_.content.get(), stores_.disk.get(),
                                              fills_, open_exchanges_, uncacheable_, purged_, purges_,
                                              users_.verifier(), via_name_for(configuration())});
    workers_.make(*shared_, configuration_, log_, listeners_, connections_per_worker());
  }

  void start_control() {
    daemon_ = std::make_unique<control::Daemon>(control::Daemon{
        .version = kVersion,
        .started = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(),
        .config_file = options_.config_file,
        .state_directory = configuration().state_directory,
        .listeners = {},
        .metrics_address = {},
        .workers = workers_.metrics(),
        .policies = policies_,
        .lists = lists_,
        .memory = *stores_.memory,
        .disk = stores_.disk.get(),
        .fills = fills_,
        .uncacheable = uncacheable_,
        .purged = purged_,
        .purges = purges_,
        .top_keys = [this] { return workers_.top_keys(); },
        .configuration = [this] { return configuration_; },
        .log = [this] { return log_; },
        .log_file = [this] { return log_file(); },
        .flush_logs = [this] { workers_.flush_logs(); },
        .reload = [this](const std::string& by) { return reload(by); },
        .drain = [this] { return drain(); },
        .is_draining = [this] { return draining_; },
        .rule_hits = [this] { return ledger_.with(workers_.rule_hits()); },
    });
    for (const auto& name : listeners_.names) { daemon_->listeners.push_back({name.address, name.mode}); }
    control_ = std::make_unique<control::ControlServer>(context_, *daemon_, socket_path(), allowed_users_);
    control_->start();
    using Declared = control::PolicySurroundings::Declared;
    policies_.look_around_with({
        .read_lists = [this](const Declared& declared) { return lists_.preview(declared); },
        .list_problems = [this](const Declared& declared) { return lists_.problems(declared); },
        .has_users = [this] { return !configuration().auth.htpasswd.empty(); },
    });
    lists_.start(context_, {resolver_options(configuration()), configuration().lists.trust},
                 [this](std::shared_ptr<const policy::Lists> lists) { policies_.use_lists(std::move(lists)); });
    if (!configuration().admin.metrics.empty()) { start_metrics(); }
    asio::co_spawn(context_, wait_for_signals(this), on_end());
    asio::co_spawn(context_, watch_faults(this), on_end());
    asio::co_spawn(context_, watch_policy(this), on_end());
    if (stores_.disk != nullptr) { asio::co_spawn(context_, tend_disk(this), on_end()); }
    asio::co_spawn(context_, watch_users(this), on_end());
    watch_addresses();
    if (options_.live) { asio::co_spawn(context_, show_live(this), on_end()); }
  }

  // An address that came after the start is the gateway's own like any other.
  void watch_addresses() {
    try {
      addresses_ = std::make_unique<AddressWatch>(context_);
    } catch (const std::system_error& failure) {
      say(std::string("changes of this host's addresses will not be noticed: ") + failure.what());
      return;
    }
    const auto look = [this] {
      if (policies_.set_self(own_addresses())) { say("this host's addresses changed: the policy knows them"); }
    };
    asio::co_spawn(context_, addresses_->run(look), on_end());
    look();  // what changed since the policy was loaded
  }

  void start_metrics() {
    const auto endpoint = config::parse_endpoint(configuration().admin.metrics, config::HostForm::address);
    if (!endpoint) { throw std::runtime_error("admin.metrics: " + endpoint.error()); }
    metrics_ = std::make_unique<control::MetricsServer>(
        context_, *daemon_, asio::ip::tcp::endpoint(asio::ip::make_address(endpoint->host), endpoint->port));
    metrics_->start();
    daemon_->metrics_address = metrics_->address();
    say("metrics on http://" + metrics_->address() + "/metrics");
  }

  static std::function<void(std::exception_ptr)> on_end() {
    return [](const std::exception_ptr& failure) {
      if (failure != nullptr) { std::rethrow_exception(failure); }
    };
  }

  static Task<> wait_for_signals(Running* gateway) {
    for (;;) {
      boost::system::error_code failed;
      const int signal = co_await gateway->signals_.async_wait(asio::redirect_error(use_task, failed));
      if (failed) { co_return; }
      gateway->handle_signal(signal);
    }
  }

  void handle_signal(int signal) {
    if (signal == SIGUSR1) {
      log_->reopen();
    } else if (signal == SIGHUP) {
      report_reload(reload("SIGHUP"));
    } else if (draining_) {
      say("second signal: cutting what is left");
      workers_.cut();
    } else {
      drain();
    }
  }

  static void report_reload(const control::Answer<control::ConfigReload>& reloaded) {
    if (!reloaded) {
      say("reload refused, everything stays as it was: " + reloaded.error().message);
      for (const auto& diagnostic : reloaded.error().diagnostics) {
        std::fprintf(stderr, "%s\n", diagnostic.text.c_str());
      }
      return;
    }
    say("reloaded, policy v" + std::to_string(reloaded->policy_version));
    for (const auto& key : reloaded->needs_restart) { say("the key " + key + " changed and waits for a restart"); }
  }

  static control::Diagnostic to_protocol(const config::Diagnostic& diagnostic) {
    return {"error",           diagnostic.file,    diagnostic.line,
            diagnostic.column, diagnostic.message, diagnostic.excerpt,
            diagnostic.text()};
  }

  // All of it or nothing: a configuration or a policy that is wrong leaves both as they were.
  control::Answer<control::ConfigReload> reload(const std::string& by) {
    const auto start = steady_clock::now();
    service_manager::reloading();
    auto result = reload_all(by);
    if (result) { result->milliseconds = control::milliseconds_since(start); }
    if (!draining_) { service_manager::ready("serving"); }
    return result;
  }

  control::Answer<control::ConfigReload> reload_all(const std::string& by) {
    const auto loaded = config::load_file(options_.config_file, options_.overrides);
    if (!loaded) {
      control::Error error{control::ErrorCode::invalid_configuration,
                           "the configuration is not valid",
                           "sluice config check " + options_.config_file,
                           {}};
      for (const auto& diagnostic : loaded.error()) { error.diagnostics.push_back(to_protocol(diagnostic)); }
      return std::unexpected(std::move(error));
    }
    auto prepared = prepare_next(*loaded);
    if (!prepared) { return std::unexpected(prepared.error()); }
    const auto policy = policies_.reload(by);
    if (!policy) { return std::unexpected(policy.error()); }
    control::ConfigReload result;
    result.file = options_.config_file;
    result.policy_version = policy->version;
    result.warnings = policy->warnings;
    auto next = *loaded;
    for (const auto name : config::changed_keys(configuration(), next)) {
      (needs_restart(name, next) ? result.needs_restart : result.changed).emplace_back(name);
    }
    put_in_force(std::move(next), std::move(*prepared));
    return result;
  }

  bool needs_restart(std::string_view name, const config::Configuration& next) const {
    // The budget of the disk tier changes live; whether there is one does not.
    if (name == "cache.disk") { return !has_disk_tier_ || next.cache.disk == 0; }
    return config::find_key(name)->needs_restart;
  }

  // What can fail of a new configuration, done before anything of it is in force.
  struct Prepared {
    std::vector<uid_t> users;
    std::shared_ptr<record::AccessLog> log;
    identity::LoadedAccounts accounts;
  };

  control::Answer<Prepared> prepare_next(const config::Configuration& next) {
    const bool log_changed = next.log.file != configuration().log.file || next.log.format != configuration().log.format;
    try {
      Prepared prepared{uids_of(next.admin.users), log_, {}};
      if (log_changed) { prepared.log = open_log(next); }
      if (next.auth.htpasswd.empty()) { return prepared; }
      auto loaded = identity::load_accounts(next.auth.htpasswd);
      if (!loaded) { return std::unexpected(unreadable_users(loaded.error())); }
      prepared.accounts = std::move(*loaded);
      return prepared;
    } catch (const std::exception& failure) {
      return std::unexpected(
          control::Error{control::ErrorCode::invalid_configuration, failure.what(), "sluice config show", {}});
    }
  }

  static control::Error unreadable_users(const std::vector<policy::Diagnostic>& diagnostics) {
    return {control::ErrorCode::invalid_configuration, "the users of auth.htpasswd cannot be read", "sluiced --check",
            control::to_protocol(diagnostics)};
  }

  void put_in_force(config::Configuration next, Prepared prepared) {
    set_budgets(next.cache);
    users_.use(std::move(prepared.accounts), next.auth);
    configuration_ = std::make_shared<const config::Configuration>(std::move(next));
    log_ = std::move(prepared.log);
    control_->allow(std::move(prepared.users));
    lists_.trust(configuration_->lists.trust);
    workers_.use(configuration_, log_);
    warn_of_missing_users();
  }

  void set_budgets(const config::Cache& next) {
    const auto former = configuration().cache.memory;
    if (next.memory != former) { stores_.memory->set_budget(next.memory); }
    if (next.memory < former) { asio::co_spawn(context_, shrink_memory(this), on_end()); }
    const bool has_disk = has_disk_tier_ && next.disk != 0;
    if (has_disk && next.disk != configuration().cache.disk) { stores_.disk->set_budget(next.disk); }
  }

  // What a smaller budget no longer holds goes in steps, so that the control socket is answered in between; what the
  // allocator has free then goes back to the system (docs/decisions/0011).
  static Task<> shrink_memory(Running* gateway) {
    while (gateway->stores_.memory->build_index_step()) { co_await asio::post(gateway->context_, use_task); }
    ::malloc_trim(0);
  }

  control::Drain drain() {
    control::Drain result;
    for (const auto* worker : workers_.metrics()) {
      result.connections += worker->connections_open.value();
      result.tunnels += worker->tunnels_open.value();
    }
    result.limit = std::chrono::duration<double>(configuration().timeouts.drain).count();
    if (draining_) { return result; }
    draining_ = true;
    if (options_.live) { std::fputc('\n', stderr); }  // behind the summary line
    say("draining: " + std::to_string(result.connections) + " connections open");
    service_manager::stopping();
    workers_.drain();
    asio::co_spawn(context_, wait_for_workers(this), on_end());
    return result;
  }

  static Task<> wait_for_workers(Running* gateway) {
    const auto limit = steady_clock::now() + gateway->configuration().timeouts.drain;
    bool cut = false;
    Timer timer(gateway->context_);
    while (!gateway->workers_.have_ended()) {
      if (!cut && steady_clock::now() >= limit) {
        say("drain limit reached: cutting what is left");
        gateway->workers_.cut();
        cut = true;
      }
      timer.expires_after(std::chrono::milliseconds(20));
      co_await timer.async_wait(use_task);
    }
    gateway->context_.stop();
  }

  static Task<> watch_faults(Running* gateway) {
    constexpr auto kLook = std::chrono::seconds(2);
    FaultWatch watch;
    Timer timer(gateway->context_);
    for (;;) {
      timer.expires_after(kLook);
      co_await timer.async_wait(use_task);
      watch.look_at_log(gateway->log_file(), gateway->log_->dropped());
      if (gateway->stores_.disk != nullptr) { watch.look_at_disk(gateway->stores_.disk->store().stats()); }
    }
  }

  static Task<> tend_disk(Running* gateway) {
    constexpr auto kLook = std::chrono::milliseconds(250);
    constexpr int kLooksPerSecond = 4;
    Timer timer(gateway->context_);
    for (int looks = 1;; ++looks) {
      timer.expires_after(kLook);
      co_await timer.async_wait(use_task);
      gateway->stores_.disk->tend();
      if (looks % kLooksPerSecond == 0) { gateway->stores_.disk->mend(); }
    }
  }

  // A policy version that nobody confirms in time goes; hits of rules are written down.
  static Task<> watch_policy(Running* gateway) {
    constexpr auto kLook = std::chrono::milliseconds(250);
    constexpr auto kSave = std::chrono::seconds(10);
    auto next_save = coarse_unix_now() + kSave;
    Timer timer(gateway->context_);
    for (;;) {
      timer.expires_after(kLook);
      co_await timer.async_wait(use_task);
      const auto now = coarse_unix_now();
      const auto news = gateway->policies_.expire(now);
      if (!news.empty()) { say(news); }
      if (now < next_save) { continue; }
      next_save = now + kSave;
      gateway->save_hits();
    }
  }

  static Task<> watch_users(Running* gateway) {
    constexpr auto kLook = std::chrono::seconds(1);
    Timer timer(gateway->context_);
    for (;;) {
      timer.expires_after(kLook);
      co_await timer.async_wait(use_task);
      gateway->users_.look(gateway->configuration().auth);
    }
  }

  void save_hits() {
    const auto saved = ledger_.save(workers_.rule_hits());
    if (saved) {
      says_hits_failure_ = true;
    } else if (says_hits_failure_) {
      says_hits_failure_ = false;
      say("the hits of rules cannot be written: " + saved.error().message());
    }
  }

  static Task<> show_live(Running* gateway) {
    if (::isatty(STDERR_FILENO) == 0) { co_return; }
    Timer timer(gateway->context_);
    while (!gateway->draining_) {
      timer.expires_after(std::chrono::seconds(1));
      co_await timer.async_wait(use_task);
      if (gateway->draining_) { break; }
      std::fprintf(stderr, "\r\033[K%s", control::live_line(*gateway->daemon_, gateway->control_->rates()).c_str());
      std::fflush(stderr);
    }
  }

  // Threads first, then what they used; nothing that a coroutine still refers to goes before it.
  void stop() {
    workers_.join();
    users_.verifier().finish();
    control_->close();
    if (metrics_ != nullptr) { metrics_->close(); }
    if (stores_.disk != nullptr) { stores_.disk->wait_until_written(); }
    save_hits();
    workers_.tear_down();
    say("ended");
  }

  StartOptions options_;
  pipeline::ConfigurationPtr configuration_;
  std::optional<StateLock> state_lock_;
  control::PolicyKeeper policies_;
  control::HitLedger ledger_;
  Account account_;
  std::vector<uid_t> allowed_users_;
  std::uint64_t descriptor_limit_ = 0;
  OpenListeners listeners_;
  std::shared_ptr<record::AccessLog> log_;
  cache::PurgeTable purges_;    // outlives the stores
  bool has_disk_tier_ = false;  // configured at the start
  Stores stores_;
  std::unique_ptr<pipeline::PolicyInForce> in_force_;
  pipeline::FillTable fills_;
  pipeline::OpenExchanges open_exchanges_;
  pipeline::RecentKeys uncacheable_;
  pipeline::RecentKeys purged_;
  UserFile users_{[this](const identity::Users& users) { return workers_.sign_out(users); }};
  std::unique_ptr<Shared> shared_;
  WorkerPool workers_;
  bool draining_ = false;
  bool says_hits_failure_ = true;  // once, until they can be written again
  asio::io_context context_{1};
  asio::basic_signal_set<Executor> signals_{context_};
  control::ListKeeper lists_;
  std::unique_ptr<control::Daemon> daemon_;
  std::unique_ptr<control::ControlServer> control_;
  std::unique_ptr<control::MetricsServer> metrics_;
  std::unique_ptr<AddressWatch> addresses_;
};

Gateway::Gateway(StartOptions options, config::Configuration configuration)
    : running_(std::make_unique<Running>(std::move(options), std::move(configuration))) {}

Gateway::~Gateway() = default;

int Gateway::run() {
  return running_->run();
}

}  // namespace sluice
