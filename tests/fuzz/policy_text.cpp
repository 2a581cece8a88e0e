// Policy text: compiling, judging, and both edits. Whatever compiles says the same again as its canonical rules, and an
// edit that is undone leaves every octet as it was.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/edit.hpp"
#include "policy/snapshot.hpp"

namespace {

using namespace sluice::policy;

void require(bool holds) {
  if (!holds) { std::abort(); }
}

Facts known_facts() {
  Facts facts;
  facts.client = Address::from_ipv4({10, 1, 2, 3});
  facts.destination = Address::from_ipv4({192, 0, 2, 7});
  facts.port = 443;
  facts.host = "www.example.com";
  facts.scheme = "https";
  facts.method = "GET";
  facts.url = "https://www.example.com/index.html?a=b";
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
  const Decision early = policy.decide(some);
  require(early.verdict == Verdict::undecided || early.rule_id == last.rule_id);
  require(policy.decide(Facts{}).verdict == Verdict::undecided || policy.decide(Facts{}).rule_id == last.rule_id);
  require(policy.explain(all).back().rule->id == last.rule_id);
}

void check_edits(std::string_view text, const Snapshot& policy) {
  constexpr std::array<std::string_view, 2> kLines{"allow to 203.0.113.77 id fuzz-added",
                                                   "deny host added.example  # by hand"};
  for (const std::string_view line : kLines) {
    const auto added = add_rule(text, line);
    if (!added) { continue; }  // the id is taken, or the text has grown too large
    const auto removed = remove_rule(added->text, added->rule_id);
    require(removed.has_value());
    require(removed->text == text);
  }
  require(!remove_rule(text, "no such id").has_value());
  // Without its last line the text has no default verdict, unless another one stands ahead of it.
  const auto rest = remove_rule(text, policy.rules().back().id);
  require(rest.has_value() || rest.error().size() == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CompileOptions options;
  options.self = {*Prefix::parse("198.51.100.1")};
  const auto policy = Snapshot::compile(text, options);
  if (!policy) {
    require(!policy.error().empty());
    for (const Diagnostic& diagnostic : policy.error()) { require(!diagnostic.text().empty()); }
    return 0;
  }
  check_decisions(**policy);
  if (size < 4096) { check_edits(text, **policy); }
  return 0;
}
