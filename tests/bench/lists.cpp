// What compiled lists cost: compiling, memory, opening, deciding. Prints one line for each figure with its bar and ends
// with 1 when a bar is not met.
//
//     lists [NAMES] [PREFIXES] [EXPRESSIONS]
//     lists write FOLDER       the same lists as files, for a daemon

#include "policy/lists/lists.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include <sys/mman.h>

#include "policy/lists/import.hpp"
#include "policy/lists/list_compiler.hpp"
#include "policy/snapshot.hpp"
#include "tests/bench/list_shapes.hpp"

namespace {

using namespace sluice::policy;
using sluice::bench::ListShapes;

constexpr std::size_t kCategories = 60;
constexpr std::size_t kRequests = 200'000;

// Processor time of this thread, so that others on the machine matter less.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

bool all_met = true;

void report(const char* what, double value, const char* unit, double bar, bool is_least) {
  const bool is_met = is_least ? value >= bar : value <= bar;
  all_met = all_met && is_met;
  std::printf("%-44s %12.2f %-10s bar %s %.2f%s\n", what, value, unit, is_least ? ">=" : "<=", bar,
              is_met ? "" : "   NOT MET");
}

struct Made {
  std::vector<std::string> names;
  std::vector<std::string> categories;  // a text of lines each
  std::string prefixes{};
  std::vector<std::string> expressions{};
  std::size_t lines = 0;
};

// 42 % of the lines repeat a name of another category: one name in three stands in two more.
Made make(std::size_t names, std::size_t prefixes, std::size_t expressions) {
  ListShapes shapes(1);
  Made made{.names = shapes.names(names), .categories = std::vector<std::string>(kCategories)};
  const auto add = [&](std::size_t category, const std::string& name) {
    made.categories[category] += name;
    made.categories[category] += '\n';
    ++made.lines;
  };
  for (const std::string& name : made.names) {
    const unsigned skew = shapes.below(kCategories);
    const std::size_t category = shapes.below(skew + 1);
    add(category, name);
    if (shapes.below(100) >= 36) { continue; }
    add((category + 1) % kCategories, name);
    add((category + 2) % kCategories, name);
  }
  for (std::size_t i = 0; i < prefixes; ++i, ++made.lines) { made.prefixes += shapes.prefix() + '\n'; }
  for (std::size_t i = 0; i < expressions; ++i, ++made.lines) { made.expressions.push_back(shapes.expression()); }
  return made;
}

ListCompiler::Compiled compile(const Made& made) {
  ListCompiler compiler;
  for (std::size_t i = 0; i < kCategories; ++i) {
    const auto tag = compiler.add_tag({"made", "category" + std::to_string(i), false}).value();
    if (import_list(ListFormat::domains, made.categories[i], tag, compiler).rejected > 0) { std::abort(); }
  }
  const auto nets = compiler.add_tag({"nets", "nets", false}).value();
  if (import_list(ListFormat::addresses, made.prefixes, nets, compiler).rejected > 0) { std::abort(); }
  const auto patterns = compiler.add_tag({"patterns", "patterns", false}).value();
  for (const std::string& expression : made.expressions) {
    if (!compiler.add_expression(expression, {.tag = patterns, .line = 1})) { std::abort(); }
  }
  auto compiled = compiler.finish("bench");
  if (!compiled || !compiled->refused.empty()) { std::abort(); }
  return std::move(*compiled);
}

struct Mapped {
  void* data;
  std::size_t size;
  explicit Mapped(std::FILE* file, std::size_t octets)
      : data(mmap(nullptr, octets, PROT_READ, MAP_SHARED | MAP_POPULATE, fileno(file), 0)), size(octets) {}
  ~Mapped() { munmap(data, size); }
};

struct Request {
  std::string host;
  std::string url;
  Address destination;
};

std::vector<Request> make_requests(const Made& made) {
  ListShapes shapes(2);
  std::vector<Request> requests;
  for (std::size_t i = 0; i < kRequests; ++i) {
    const bool is_listed = shapes.below(4) == 0;
    std::string host = is_listed ? made.names[shapes.below(made.names.size())] : shapes.domain();
    if (shapes.below(2) == 0) { host = "www." + host; }
    std::string url = shapes.url(host);
    requests.push_back({std::move(host), std::move(url), Address::parse(shapes.address()).value()});
  }
  return requests;
}

struct Times {
  std::vector<double> all;
  double part(double share) {
    std::ranges::sort(all);
    return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  }
};

// Two rounds, of which the second counts: by then the expressions have seen URLs of this kind, as those of a daemon
// have.
template <typename Measure>
void measure(const std::vector<Request>& requests, Times& times, Measure call) {
  for (int round = 0; round < 2; ++round) {
    times.all.clear();
    for (const Request& one : requests) {
      const Request request = one;  // near, as a request is that has just been read
      const double start = nanoseconds();
      call(request);
      times.all.push_back(nanoseconds() - start);
    }
  }
}

Facts facts_of(const Request& request) {
  Facts facts;
  facts.host = request.host;
  facts.url = request.url;
  facts.destination = request.destination;
  return facts;
}

// A decision by rules that ask for all of it; and what of that is which.
void measure_decisions(const std::shared_ptr<const Lists>& lists, const std::vector<Request>& requests) {
  CompileOptions options;
  options.lists = lists;
  const auto policy = Snapshot::compile(
      "list made squidguard \"/made\"\nlist nets addresses \"/nets\"\nlist patterns squidguard \"/patterns\"\n"
      "deny category category0, category1, category2, category3\ndeny list nets\ndeny list patterns\ndeny list made\n"
      "allow\n",
      options);
  if (!policy) { std::abort(); }
  std::size_t denied = 0;
  Times whole;
  measure(requests, whole, [&](const Request& request) {
    denied += (*policy)->decide(facts_of(request)).verdict == Verdict::deny ? 1 : 0;
  });
  ListHits found;
  Times host;
  measure(requests, host, [&](const Request& request) {
    found.clear();
    lists->find_host(request.host, found);
  });
  Times url;
  found.clear();
  measure(requests, url, [&](const Request& request) {
    lists->find_url(request.url, found);
    found.hits.clear();
  });
  std::printf("%-44s %12.1f %%\n", "requests found in a list", 50.0 * static_cast<double>(denied) / requests.size());
  std::printf("%-44s %12.0f ns, p99 %.0f ns\n", "of it names, median", host.part(0.5), host.part(0.99));
  std::printf("%-44s %12.0f ns, p99 %.0f ns\n", "of it expressions, median", url.part(0.5), url.part(0.99));
  report("decision, median", whole.part(0.5), "ns", 1000, false);
  report("decision, p99", whole.part(0.99), "ns", 5000, false);
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) { throw std::runtime_error("cannot write " + path.string()); }
}

// The same lists as files: a squidGuard tree, and `nets`.
int write(const Made& made, const std::filesystem::path& folder) {
  for (std::size_t i = 0; i < kCategories; ++i) {
    write_file(folder / "tree" / ("category" + std::to_string(i)) / "domains", made.categories[i]);
  }
  std::string expressions;
  for (const std::string& expression : made.expressions) { expressions += expression + '\n'; }
  write_file(folder / "tree" / "patterns" / "expressions", expressions);
  write_file(folder / "nets", made.prefixes);
  return 0;
}

std::size_t argument(int count, char** values, int number, std::size_t otherwise) {
  return count > number ? std::strtoull(values[number], nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** values) {
  if (count == 3 && std::string_view(values[1]) == "write") { return write(make(2'000'000, 70'000, 1'000), values[2]); }
  const Made made = make(argument(count, values, 1, 2'000'000), argument(count, values, 2, 70'000),
                         argument(count, values, 3, 1'000));
  std::size_t octets = 0;
  for (const std::string& name : made.names) { octets += name.size(); }
  std::printf("%zu names of %.1f octets, %zu lines\n", made.names.size(),
              static_cast<double>(octets) / static_cast<double>(made.names.size()), made.lines);

  double start = cpu_seconds();
  const ListCompiler::Compiled compiled = compile(made);
  const double seconds = cpu_seconds() - start;
  report("compile", static_cast<double>(made.lines) / seconds / 1e6, "M lines/s", 1, true);
  report("memory a name, with everything else",
         static_cast<double>(compiled.octets.size()) / static_cast<double>(compiled.distinct_names), "octets", 24,
         false);

  std::FILE* file = std::tmpfile();
  if (file == nullptr ||
      std::fwrite(compiled.octets.data(), 1, compiled.octets.size(), file) != compiled.octets.size() ||
      std::fflush(file) != 0) {
    return 2;
  }
  start = nanoseconds();
  const auto mapped = std::make_shared<Mapped>(file, compiled.octets.size());
  if (mapped->data == MAP_FAILED) { return 2; }
  auto set = ListSet::open({static_cast<const char*>(mapped->data), mapped->size}, mapped);
  report("open", (nanoseconds() - start) / 1e6, "ms", 50, false);
  if (!set) { return 2; }
  start = nanoseconds();
  (*set)->prepare();
  std::printf("%-44s %12.2f ms\n", "compile the expressions, behind the open", (nanoseconds() - start) / 1e6);

  measure_decisions(std::make_shared<const Lists>(*set, nullptr), make_requests(made));
  return all_met ? 0 : 1;
}
