// The Prometheus text exposition format, version 0.0.4. Written by hand: every label value comes from a closed list of
// ours, so nothing needs escaping, and the whole text is one string built in one pass.

#include <charconv>

#include "gateway/record/log_text.hpp"
#include "gateway/record/metrics.hpp"

namespace sluice::record {
namespace {

using Workers = std::vector<const WorkerMetrics*>;

class Exposition {
 public:
  explicit Exposition(const Workers& workers) : workers_(workers) {}

  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    append("# HELP ", name, " ", help);
    append("\n# TYPE ", name, " ", type);
    out_ += '\n';
  }
  // `labels` with braces, or empty.
  template <typename Number>
  void sample(std::string_view labels, Number value, std::string_view suffix = {}) {
    append(name_, suffix, labels, " ");
    append_value(value);
    out_ += '\n';
  }
  template <typename Number>
  void labelled(std::string_view key, std::string_view word, Number value) {
    append("", name_, "{", key);
    append("=\"", word, "\"} ", "");
    append_value(value);
    out_ += '\n';
  }
  template <typename Number>
  void gauge(std::string_view name, std::string_view help, Number value) {
    begin(name, "gauge", help);
    sample({}, value);
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    begin(name, "counter", help);
    sample({}, value);
  }
  void counter(std::string_view name, std::string_view help, Counter WorkerMetrics::* member) {
    counter(name, help, total(member));
  }
  void gauge(std::string_view name, std::string_view help, Counter WorkerMetrics::* member) {
    gauge(name, help, total(member));
  }

  // One counter for each word of an enum. `first` skips a word that stands for "nothing".
  template <std::size_t kSize, typename Word>
  void by_word(std::array<Counter, kSize> WorkerMetrics::* member, std::string_view key, Word word,
               std::size_t first = 0) {
    for (std::size_t i = first; i < kSize; ++i) {
      std::uint64_t value = 0;
      for (const WorkerMetrics* worker : workers_) { value += (worker->*member)[i].value(); }
      labelled(key, word(i), value);
    }
  }

  void histogram(std::string_view name, std::string_view help, Histogram WorkerMetrics::* member) {
    begin(name, "histogram", help);
    std::uint64_t cumulative = 0;
    for (int i = 0; i <= Histogram::kBuckets; ++i) {
      for (const WorkerMetrics* worker : workers_) { cumulative += (worker->*member).bucket(i); }
      append(name_, "_bucket{le=\"", "", "");
      if (i == Histogram::kBuckets) {
        out_ += "+Inf";
      } else {
        append_value(Histogram::upper_bound_seconds(i));
      }
      out_ += "\"} ";
      append_value(cumulative);
      out_ += '\n';
    }
    std::uint64_t microseconds = 0;
    for (const WorkerMetrics* worker : workers_) { microseconds += (worker->*member).sum_microseconds(); }
    sample({}, static_cast<double>(microseconds) / 1e6, "_sum");
    sample({}, cumulative, "_count");
  }

  std::string take() { return std::move(out_); }

 private:
  std::uint64_t total(Counter WorkerMetrics::* member) const {
    std::uint64_t value = 0;
    for (const WorkerMetrics* worker : workers_) { value += (worker->*member).value(); }
    return value;
  }
  void append(std::string_view a, std::string_view b, std::string_view c, std::string_view d) {
    out_ += a;
    out_ += b;
    out_ += c;
    out_ += d;
  }
  void append_value(std::uint64_t value) { append_number(out_, value); }
  void append_value(double value) {
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    out_.append(digits, end.ptr);
  }

  const Workers& workers_;
  std::string_view name_;
  std::string out_;
};

void append_requests(Exposition& out) {
  out.begin("sluice_requests_total", "counter", "Exchanges and tunnels that ended, by outcome.");
  out.by_word(&WorkerMetrics::requests, "outcome", [](std::size_t i) { return to_string(static_cast<Outcome>(i)); });
  out.begin("sluice_verdicts_total", "counter", "What the policy decided.");
  out.by_word(&WorkerMetrics::verdicts, "verdict",
              [](std::size_t i) { return policy::to_string(static_cast<policy::Verdict>(i)); });
  out.begin("sluice_responses_total", "counter",
            "Responses sent to clients, by class of the status; none: no response.");
  out.by_word(&WorkerMetrics::status_class, "class", [](std::size_t i) {
    static constexpr std::array<std::string_view, 6> kClasses = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    return kClasses[i];
  });
  out.begin("sluice_misses_total", "counter", "Why a request was not answered from the cache, or a response not kept.");
  out.by_word(
      &WorkerMetrics::misses, "cause", [](std::size_t i) { return cache::to_string(static_cast<cache::MissCause>(i)); },
      1);
  out.begin("sluice_errors_total", "counter", "Errors by kind, spelled as in RFC 9209 where it has the word.");
  out.by_word(&WorkerMetrics::errors, "kind", [](std::size_t i) { return to_string(static_cast<ErrorKind>(i)); });
  out.histogram("sluice_request_duration_seconds",
                "From the request's first octet to the end of the response; no tunnels.", &WorkerMetrics::duration);
  out.histogram("sluice_first_byte_seconds", "From the request's first octet to the head of the response.",
                &WorkerMetrics::first_byte);
}

void append_connections(Exposition& out) {
  out.counter("sluice_client_received_bytes_total", "Octets from clients.", &WorkerMetrics::received);
  out.counter("sluice_client_sent_bytes_total", "Octets to clients.", &WorkerMetrics::sent);
  out.counter("sluice_client_connections_total", "Client connections accepted.", &WorkerMetrics::connections_accepted);
  out.gauge("sluice_client_connections", "Client connections open.", &WorkerMetrics::connections_open);
  out.counter("sluice_accept_paused_total", "Times accepting paused because descriptors ran out.",
              &WorkerMetrics::accept_paused);
  out.counter("sluice_tunnels_total", "Tunnels opened.", &WorkerMetrics::tunnels_opened);
  out.gauge("sluice_tunnels", "Tunnels open.", &WorkerMetrics::tunnels_open);
}

void append_upstream(Exposition& out) {
  out.counter("sluice_upstream_received_bytes_total", "Octets from upstream.", &WorkerMetrics::upstream_received);
  out.counter("sluice_upstream_sent_bytes_total", "Octets to upstream.", &WorkerMetrics::upstream_sent);
  out.counter("sluice_upstream_connections_total", "Upstream connections opened.", &WorkerMetrics::upstream_opened);
  out.counter("sluice_upstream_reuses_total", "Requests sent on an upstream connection that was kept.",
              &WorkerMetrics::upstream_reused);
  out.gauge("sluice_upstream_connections", "Upstream connections open.", &WorkerMetrics::upstream_open);
  out.counter("sluice_upstream_retries_total", "Requests sent again because a kept connection had closed.",
              &WorkerMetrics::upstream_retried);
  out.counter("sluice_dns_queries_total", "Names asked of the DNS.", &WorkerMetrics::dns_queries);
  out.counter("sluice_dns_cache_hits_total", "Names answered from what was remembered.",
              &WorkerMetrics::dns_answers_cached);
  out.counter("sluice_dns_failures_total", "Names that the DNS could not answer.", &WorkerMetrics::dns_failures);
  out.counter("sluice_dns_last_good_total", "Names answered with an expired answer because the DNS failed.",
              &WorkerMetrics::dns_last_good);
}

void append_store(Exposition& out, const Gauges& gauges) {
  using cache::StoreStats;
  const auto both = [&](std::string_view name, std::string_view type, std::string_view help,
                        std::uint64_t StoreStats::* member) {
    out.begin(name, type, help);
    out.labelled("tier", "memory", gauges.memory_store.*member);
    out.labelled("tier", "disk", gauges.disk_store.*member);
  };
  both("sluice_cache_responses", "gauge", "Responses stored.", &StoreStats::responses);
  both("sluice_cache_bytes", "gauge", "Octets stored, as counted against the budget.", &StoreStats::octets);
  both("sluice_cache_held_bytes", "gauge", "Of the octets stored: of content on its way.", &StoreStats::held);
  both("sluice_cache_budget_bytes", "gauge", "Octets that may be stored.", &StoreStats::budget);
  both("sluice_cache_evictions_total", "counter", "Responses evicted to make room.", &StoreStats::evictions);
  both("sluice_cache_stores_total", "counter", "Responses stored since the start.", &StoreStats::stores);
  both("sluice_cache_refused_total", "counter", "Responses not admitted, or too large.", &StoreStats::refused);
  both("sluice_cache_errors_total", "counter", "Failures of the store.", &StoreStats::errors);
}

void append_process(Exposition& out, const Gauges& gauges) {
  out.gauge("sluice_memory_budget_bytes", "Memory that the configuration allows.", gauges.memory_budget);
  out.gauge("sluice_memory_used_bytes", "Memory in use as the gateway accounts it.", gauges.memory_used);
  out.gauge("sluice_memory_rss_bytes", "Memory in use as the kernel counts it.", gauges.rss);
  out.gauge("sluice_open_descriptors", "Descriptors open.", gauges.open_descriptors);
  out.gauge("sluice_descriptor_limit", "Descriptors that may be open.", gauges.descriptor_limit);
  out.counter("sluice_log_lines_dropped_total", "Access log lines that could not be written.",
              gauges.log_lines_dropped);
  out.gauge("sluice_policy_version", "Version of the policy in force.", gauges.policy_version);
  out.gauge("sluice_policy_rules", "Rules of the policy in force.", gauges.policy_rules);
  out.gauge(
      "sluice_policy_alarms",
      "1 while no policy could be loaded and every request is denied, or the one in force is not what is written.",
      gauges.policy_alarms);
  out.gauge("sluice_lists", "Lists that the policy declares.", gauges.lists);
  out.gauge("sluice_lists_bytes", "Size of the compiled lists.", gauges.list_octets);
  out.gauge("sluice_lists_alarms", "Lists whose files are not in force, and builds that failed.", gauges.list_alarms);
  out.gauge("sluice_workers", "Worker threads.", gauges.workers);
  out.gauge("sluice_start_time_seconds", "When the gateway started, in seconds since the epoch.", gauges.start_time);
  out.begin("sluice_build_info", "gauge", "Always 1; the labels say what runs.");
  out.sample("{compiler=\"" __VERSION__ "\"}", std::uint64_t{1});
}

}  // namespace

std::string exposition(const std::vector<const WorkerMetrics*>& workers, const Gauges& gauges) {
  Exposition out(workers);
  append_requests(out);
  append_connections(out);
  append_upstream(out);
  append_store(out, gauges);
  append_process(out, gauges);
  return out.take();
}

}  // namespace sluice::record
