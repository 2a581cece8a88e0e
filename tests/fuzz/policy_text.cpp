// Policy text: compiling, judging, formatting, comparing, and both edits. Whatever compiles says the same in the one
// layout, and an edit that is undone leaves every octet as it was.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/difference.hpp"
#include "policy/edit.hpp"
#include "policy/format.hpp"
#include "policy/snapshot.hpp"

namespace {

using namespace sluice::policy;

void require(bool holds) {
  if (!holds) { std::abort(); }
}

// A message in which every field has this value.
FieldLines one_line(const char* value) {
  return {value, [](const void* text, std::string_view, FieldLines::Visit visit, void* context) {
            return visit(context, static_cast<const char*>(text));
          }};
}

Facts known_facts() {
  Facts facts;
  facts.client = Address::from_ipv4({10, 1, 2, 3});
  facts.destination = Address::from_ipv4({192, 0, 2, 7});
  facts.port = 443;
  facts.protocol = "tcp";
  facts.interface = "";
  facts.host = "www.example.com";
  facts.scheme = "https";
  facts.method = "GET";
  facts.url = "https://www.example.com/index.html?a=b";
  facts.path_and_query = "/index.html?a=b";
  facts.listener = "192.0.2.1:3128";
  facts.mode = "explicit";
  facts.authority = "";
  facts.user = "alice";
  facts.now = std::chrono::sys_seconds(std::chrono::seconds(1'764'000'000));
  facts.fields = one_line("curl/8");
  facts.status = 200;
  facts.type = "text/html";
  facts.size = 1000;
  facts.response_fields = one_line("nginx");
  return facts;
}

// What is decided early is what is decided in the end.
void check_decisions(const Snapshot& policy) {
  const Facts all = known_facts();
  const Decision last = policy.decide(all);
  require(last.verdict != Verdict::undecided);
  Facts some = all;
  some.url = {};
  some.destination = {};
  some.user = {};
  const Decision early = policy.decide(some);
  require(early.verdict == Verdict::undecided || early.verdict == last.verdict);
  require(early.verdict != Verdict::undecided || policy.asks_for_users() ||
          policy.rule_that_waits_for_user(some) == nullptr);
  require(policy.decide(Facts{}).verdict == Verdict::undecided || policy.decide(Facts{}).verdict == last.verdict);
  require(policy.explain(all).back().rule->id == last.rule_id);
  if (last.verdict == Verdict::redirect) {
    require(policy.location(last, all).find_first_of(std::string_view("\r\n\0 \"", 5)) == std::string::npos);
  }
  Settings chosen;
  for (const SettingStage stage : {SettingStage::request, SettingStage::response}) {
    policy.choose(stage, all, chosen);
    require(policy.has_settings(stage) || (chosen.fields.empty() && chosen.shadow == nullptr));
  }
}

// Whatever the rules hold, it stays within its place in the script.
void check_pac(const Snapshot& policy) {
  const std::string script = pac_text(policy.pac(), "gateway.example:3128");
  for (const char c : script) { require(c == '\n' || (c >= ' ' && c <= '~')); }
  require(script.ends_with("  return PROXY;\n}\n"));
}

void check_layout(std::string_view text, const Snapshot& policy, const CompileOptions& options) {
  const std::string layout = formatted(text);
  require(formatted(layout) == layout);
  const auto again = Snapshot::compile(layout, options);
  require(again.has_value());
  require(difference(policy, **again).empty());
}

std::ptrdiff_t errors_in(const std::vector<Diagnostic>& found) {
  return std::ranges::count(found, Diagnostic::Severity::error, &Diagnostic::severity);
}

void check_edits(std::string_view text, const Snapshot& policy, const CompileOptions& options) {
  constexpr std::array<std::string_view, 2> kLines{"allow to 203.0.113.77 id fuzz-added",
                                                   "deny host added.example  # by hand"};
  for (const std::string_view line : kLines) {
    const auto added = add_rule(text, line, options);
    if (!added) { continue; }  // the id is taken, or the text has grown too large
    const auto removed = remove_rule(added->text, added->rule_id, options);
    require(removed.has_value());
    require(removed->text == text);
  }
  require(!remove_rule(text, "no such id", options).has_value());
  // Without its last line the text has no default verdict, unless another one stands ahead of it.
  const auto rest = remove_rule(text, policy.rules().back().id, options);
  require(rest.has_value() || errors_in(rest.error()) == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CompileOptions options;
  options.self = {*Prefix::parse("198.51.100.1")};
  options.include = [](const std::string& name, const std::string&) -> std::expected<Source, std::string> {
    if (name == "none") { return std::unexpected("there is no such file"); }
    return Source{name, "deny host included.example\n"};
  };
  const auto policy = Snapshot::compile(text, options);
  if (!policy) {
    require(errors_in(policy.error()) > 0);
    require(std::ranges::is_sorted(policy.error(), {}, &Diagnostic::severity));  // errors first
    for (const Diagnostic& diagnostic : policy.error()) { require(!diagnostic.text().empty()); }
    return 0;
  }
  check_decisions(**policy);
  check_pac(**policy);
  if (size < 4096) {
    check_edits(text, **policy, options);
    check_layout(text, **policy, options);
  }
  return 0;
}
