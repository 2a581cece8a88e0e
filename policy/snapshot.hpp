#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decision.hpp"
#include "policy/diagnostic.hpp"
#include "policy/facts.hpp"
#include "policy/list_declaration.hpp"
#include "policy/lists/lists.hpp"
#include "policy/pac.hpp"
#include "policy/rule.hpp"
#include "policy/setting.hpp"
#include "policy/source_lines.hpp"
#include "policy/test_case.hpp"

namespace sluice::policy {

struct CompileOptions {
  std::string file_name = "policy";  // for diagnostics
  std::uint64_t version = 1;
  // What the built-in name `self` stands for: the addresses of the gateway's own listeners and interfaces.
  std::vector<Prefix> self;
  // The lists in force, for those that the text declares. Without them nothing is listed.
  std::shared_ptr<const Lists> lists = nullptr;
  // Reads what the text includes; without it nothing can be included.
  IncludeReader include;
  // With it, what is over by then is warned of.
  std::optional<std::chrono::sys_seconds> now = std::nullopt;
};

// A compiled policy: immutable, shared by every exchange that it judged. A pure function of (facts).
// Thread: any, concurrently. Cost: no allocation in decide(), but for the scratch memory of RE2 when a rule with `url`
// is reached.
class Snapshot {
 public:
  // Errors: all of the text, in its order, and behind them what is doubtful. Warnings of a good text: warnings().
  static std::expected<std::shared_ptr<const Snapshot>, std::vector<Diagnostic>> compile(std::string_view text,
                                                                                         const CompileOptions& options);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // The first rule that is true decides. Facts not known make a condition, and so a rule, "not yet known"; when such a
  // rule stands ahead of the first true one the verdict is `undecided`, unless every such rule has that one's verdict:
  // then it makes no difference which of them matches. (Of redirects it does: each leads elsewhere.) When all facts are
  // known it is never undecided. Shadow rules decide nothing; the first one that is true ahead of the deciding rule is
  // named.
  [[nodiscard]] Decision decide(const Facts& facts) const noexcept;

  // Every rule up to the deciding one with what it came to: for `sluice policy test`.
  struct Step {
    const Rule* rule;
    // passed_over: it lets pass, the method is PURGE, and it does not name that.
    enum class Outcome : std::uint8_t { matched, not_matched, not_yet_known, passed_over } outcome;
  };
  [[nodiscard]] std::vector<Step> explain(const Facts& facts) const;

  // Where the rule that decided sends this request. REQUIRES: its verdict is `redirect`.
  std::string location(const Decision& decision, const Facts& facts) const;

  // The PAC file: a script by which clients go past the gateway where the policy's `bypass` rules say so.
  const Pac& pac() const noexcept;

  // Whether anything asks for the response: if not, decide() need not be called again when its head is known.
  bool has_response_verdicts() const noexcept;

  // Whether a verdict may depend on what the client begins a tunnel with: if not, that need not be read.
  bool asks_for_hello() const noexcept;

  // Whether anything asks for the user or for groups: if not, nobody needs to be asked for a name.
  bool asks_for_users() const noexcept;
  // A rule that may decide once it is known who the user is; null when that can make no difference any more, whatever
  // else becomes known. REQUIRES: the user is not known, and decide() leaves the verdict undecided.
  const Rule* rule_that_waits_for_user(const Facts& facts) const noexcept;
  bool has_group(std::string_view name) const noexcept;

  // The settings that apply at this stage, written over `chosen`. A condition that is not known yet does not hold;
  // compile() refuses conditions that could not be known. Costs nothing worth mentioning where has_settings() is false.
  void choose(SettingStage stage, const Facts& facts, Settings& chosen) const;
  bool has_settings(SettingStage stage) const noexcept;

  // For somebody who does not know all facts: the lines of the kind that may apply, each of which does unless one ahead
  // of it does; null at the end when it may be none. REQUIRES: the kind is not one of fields.
  std::vector<const Setting*> possible(SettingStage stage, SettingKind kind, const Facts& facts) const;

  const std::vector<Rule>& rules() const noexcept;  // verdict and setting lines, in the order of the text
  // What each rule, settings included, comes to by itself, in the order of rules().
  [[nodiscard]] std::vector<Step> outcomes(const Facts& facts) const;

  const std::vector<TestCase>& tests() const noexcept;  // that stand in the text
  const std::vector<ListDeclaration>& list_declarations() const noexcept;
  const std::shared_ptr<const Lists>& lists() const noexcept;
  const std::vector<Diagnostic>& warnings() const noexcept;
  std::string_view text() const noexcept;
  const std::string& file_name() const noexcept;         // CompileOptions::file_name
  const std::vector<Source>& included() const noexcept;  // the texts that it includes
  std::uint64_t version() const noexcept;

 private:
  struct Compiled;
  explicit Snapshot(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

// The policy in force when the operator wrote none.
std::string_view default_policy_text() noexcept;

}  // namespace sluice::policy
