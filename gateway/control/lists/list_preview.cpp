#include "gateway/control/lists/list_preview.hpp"

#include <algorithm>
#include <cstdint>

#include "gateway/base/error.hpp"
#include "gateway/control/lists/list_counts.hpp"
#include "gateway/control/lists/list_source.hpp"
#include "policy/lists/import.hpp"
#include "policy/lists/list_compiler.hpp"

namespace sluice::control {
namespace {

void import_into(policy::ListCompiler& compiler, const policy::ListDeclaration& list,
                 std::vector<ListProblem>& problems) {
  if (list.is_url()) {
    problems.push_back({list.name, "URLs are not asked here", true});
    return;
  }
  const auto source = read_list_source(list);
  if (!source) {
    problems.push_back({list.name, source.error(), true});
    return;
  }
  ListCounts counts;
  for (const ListSource::Part& part : source->parts) {
    const auto tag = compiler.add_tag({list.name, part.category, policy::has_final_exceptions(part.format)});
    if (!tag) {
      problems.push_back({list.name, "more categories than can be numbered"});
      return;
    }
    add_report(policy::import_list(part.format, part.text, *tag, compiler), part.file, counts);
  }
  if (const std::string doubt = doubt_of(counts, to_string(list.format)); !doubt.empty()) {
    problems.push_back({list.name, doubt});
  }
  if (const std::string warning = warning_of(counts); !warning.empty()) { problems.push_back({list.name, warning}); }
}

}  // namespace

std::shared_ptr<const policy::Lists> preview_lists(Declarations declared, std::span<const ListEdit> edits,
                                                   std::vector<ListProblem>& problems) {
  policy::ListCompiler compiler(policy::ListCompiler::Removals::carried_out);
  for (const policy::ListDeclaration& list : declared) { import_into(compiler, list, problems); }
  add_edits(edits, declared, compiler);
  const auto compiled = compiler.finish("");
  if (!compiled) {
    problems.push_back({"", "together they are larger than a compiled file can be"});
    return std::make_shared<const policy::Lists>();
  }
  return std::make_shared<const policy::Lists>(set_in_memory(compiled->octets), nullptr);
}

std::shared_ptr<const policy::ListSet> set_in_memory(std::string_view octets) {
  auto copy = std::make_shared<std::vector<std::uint64_t>>((octets.size() + 7) / 8);
  std::ranges::copy(octets, reinterpret_cast<char*>(copy->data()));
  const auto set = policy::ListSet::open({reinterpret_cast<const char*>(copy->data()), octets.size()}, copy);
  SLUICE_ASSERT(set.has_value(), "what was just compiled can be opened");
  return *set;
}

}  // namespace sluice::control
