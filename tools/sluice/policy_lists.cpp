#include "tools/sluice/policy_lists.hpp"

#include <algorithm>

#include "gateway/base/mapped_file.hpp"
#include "gateway/control/lists/list_preview.hpp"
#include "tools/sluice/context.hpp"
#include "tools/sluice/terminal.hpp"

namespace sluice::cli {
namespace {

std::shared_ptr<const policy::Lists> mapped(const std::string& file) {
  if (file.empty()) { return nullptr; }
  const auto octets = MappedFile::open(file);
  if (!octets) { return nullptr; }
  const auto set = policy::ListSet::open((*octets)->octets(), *octets);
  return set ? std::make_shared<const policy::Lists>(*set, nullptr) : nullptr;
}

std::string place_of(const policy::Snapshot& policy, const std::string& name) {
  const auto& declared = policy.list_declarations();
  const auto list = std::ranges::find(declared, name, &policy::ListDeclaration::name);
  if (list == declared.end()) { return policy.file_name() + ": "; }
  const auto included = static_cast<std::size_t>(list->at.source);
  return (included == 0 ? policy.file_name() : policy.included()[included - 1].file) + ":" +
         std::to_string(list->at.line) + ":" + std::to_string(list->at.column) + ": ";
}

std::shared_ptr<const policy::Lists> read(const policy::Snapshot& policy) {
  const auto preview = control::preview_lists(policy.list_declarations(), {});
  for (const auto& problem : preview.problems) {
    print_error(printable(place_of(policy, problem.list)) + "warning: " + printable(problem.text()) + "\n");
  }
  return preview.lists;
}

}  // namespace

std::expected<std::shared_ptr<const policy::Snapshot>, std::vector<policy::Diagnostic>> compile_with_lists(
    std::string_view text, policy::CompileOptions options, const std::string& lists_file) {
  auto snapshot = policy::Snapshot::compile(text, options);
  if (!snapshot || (*snapshot)->list_declarations().empty()) { return snapshot; }
  options.lists = mapped(lists_file);
  if (options.lists == nullptr) { options.lists = read(**snapshot); }
  return policy::Snapshot::compile(text, options);
}

}  // namespace sluice::cli
