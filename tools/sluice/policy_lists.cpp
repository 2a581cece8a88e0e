#include "tools/sluice/policy_lists.hpp"

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

std::shared_ptr<const policy::Lists> read(const std::vector<policy::ListDeclaration>& declared) {
  const auto preview = control::preview_lists(declared, {});
  for (const auto& problem : preview.problems) { print_error("warning: " + printable(problem.text()) + "\n"); }
  return preview.lists;
}

}  // namespace

std::expected<std::shared_ptr<const policy::Snapshot>, std::vector<policy::Diagnostic>> compile_with_lists(
    std::string_view text, policy::CompileOptions options, const std::string& lists_file) {
  auto snapshot = policy::Snapshot::compile(text, options);
  if (!snapshot || (*snapshot)->list_declarations().empty()) { return snapshot; }
  options.lists = mapped(lists_file);
  if (options.lists == nullptr) { options.lists = read((*snapshot)->list_declarations()); }
  return policy::Snapshot::compile(text, options);
}

}  // namespace sluice::cli
