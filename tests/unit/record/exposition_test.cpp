#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/record/metrics.hpp"
#include "tests/unit/record/sample_record.hpp"

namespace sluice::record {
namespace {

// A reader of the text exposition format, as strict as a scraper: each metric announced once by HELP and TYPE, its
// samples directly behind, no sample twice.
class ExpositionReader {
 public:
  explicit ExpositionReader(const std::string& text) {
    EXPECT_TRUE(text.ends_with('\n'));
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) { read(line); }
  }
  double value(const std::string& sample) const {
    const auto found = samples_.find(sample);
    EXPECT_NE(found, samples_.end()) << sample;
    return found == samples_.end() ? -1 : found->second;
  }
  const std::map<std::string, std::string>& types() const { return types_; }
  const std::map<std::string, double>& samples() const { return samples_; }

 private:
  void read(const std::string& line) {
    static const std::regex kHelp("# HELP ([a-z_]+) [^\\n\\\\]+");
    static const std::regex kType("# TYPE ([a-z_]+) (counter|gauge|histogram)");
    static const std::regex kSample(
        "([a-z_]+)(\\{[a-z_]+=\"[^\"\\\\\\n]*\"(,[a-z_]+=\"[^\"\\\\\\n]*\")*\\})? ([0-9.e+-]+)");
    std::smatch match;
    if (std::regex_match(line, match, kHelp)) {
      EXPECT_TRUE(helped_.insert(match[1]).second) << line;
    } else if (std::regex_match(line, match, kType)) {
      current_ = match[1];
      EXPECT_TRUE(helped_.contains(current_)) << line;
      EXPECT_TRUE(types_.emplace(current_, match[2]).second) << line;
    } else if (std::regex_match(line, match, kSample)) {
      EXPECT_TRUE(belongs(match[1])) << line;
      char* end = nullptr;
      const std::string number = match[4];
      const double value = std::strtod(number.c_str(), &end);
      EXPECT_EQ(*end, '\0') << line;
      EXPECT_TRUE(samples_.emplace(std::string(match[1]) + std::string(match[2]), value).second) << line;
    } else {
      ADD_FAILURE() << "not a line of the format: " << line;
    }
  }
  bool belongs(const std::string& name) const {
    if (types_.at(current_) != "histogram") { return name == current_; }
    return name == current_ + "_bucket" || name == current_ + "_sum" || name == current_ + "_count";
  }

  std::string current_;
  std::set<std::string> helped_;
  std::map<std::string, std::string> types_;
  std::map<std::string, double> samples_;
};

TEST(Exposition, IsWellFormedAndSumsTheWorkers) {
  WorkerMetrics first, second;
  first.count(sample_record());
  second.count(sample_record());
  second.count(forwarded_record());
  second.dns_queries.add(4);
  Gauges gauges;
  gauges.memory_store.evictions = 3;
  gauges.disk_store.octets = 1ULL << 40;
  gauges.start_time = 1770091506.5;
  gauges.policy_version = 9;
  const ExpositionReader read(exposition({&first, &second}, gauges));
  EXPECT_EQ(read.value(R"(sluice_requests_total{outcome="hit"})"), 2);
  EXPECT_EQ(read.value(R"(sluice_requests_total{outcome="denied"})"), 0);
  EXPECT_EQ(read.value(R"(sluice_verdicts_total{verdict="allow"})"), 3);
  EXPECT_EQ(read.value(R"(sluice_responses_total{class="2xx"})"), 3);
  EXPECT_EQ(read.value(R"(sluice_misses_total{cause="cold"})"), 1);
  EXPECT_EQ(read.value(R"(sluice_errors_total{kind="dns_timeout"})"), 0);
  EXPECT_EQ(read.value("sluice_dns_queries_total"), 4);
  EXPECT_EQ(read.value(R"(sluice_cache_evictions_total{tier="memory"})"), 3);
  EXPECT_EQ(read.value(R"(sluice_cache_bytes{tier="disk"})"), 1099511627776.0);
  EXPECT_EQ(read.value("sluice_start_time_seconds"), 1770091506.5);
  EXPECT_EQ(read.value("sluice_policy_version"), 9);
}

TEST(Exposition, HistogramsAreCumulativeAndInSeconds) {
  WorkerMetrics metrics;
  metrics.duration.observe(std::chrono::microseconds(64));
  metrics.duration.observe(std::chrono::microseconds(100));
  metrics.duration.observe(std::chrono::seconds(100));
  const ExpositionReader read(exposition({&metrics}, {}));
  const std::string name = "sluice_request_duration_seconds";
  EXPECT_EQ(read.types().at(name), "histogram");
  EXPECT_EQ(read.value(name + "_count"), 3);
  EXPECT_DOUBLE_EQ(read.value(name + "_sum"), 100.000164);
  EXPECT_EQ(read.value(name + R"(_bucket{le="+Inf"})"), 3);
  EXPECT_EQ(read.value(name + R"(_bucket{le="6.4e-05"})"), 1);
  EXPECT_EQ(read.value(name + R"(_bucket{le="0.000128"})"), 2);
  EXPECT_EQ(read.value(name + R"(_bucket{le="67.108864"})"), 2);
}

TEST(Exposition, WithoutWorkersEverythingIsZero) {
  const ExpositionReader read(exposition({}, {}));
  for (const auto& [sample, value] : read.samples()) {
    if (!sample.starts_with("sluice_build_info")) { EXPECT_EQ(value, 0) << sample; }
  }
}

}  // namespace
}  // namespace sluice::record
