#include "gateway/control/lists/list_preview.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "gateway/base/error.hpp"
#include "gateway/control/lists/list_counts.hpp"
#include "gateway/control/lists/list_import.hpp"
#include "gateway/control/lists/list_source.hpp"

namespace sluice::control {
namespace {

void import_into(policy::ListCompiler& compiler, const policy::ListDeclaration& list, ListPreview& preview) {
  ListState state = state_of(list);
  const auto source = list.is_url() ? std::expected<ListSource, std::string>(std::unexpected("URLs are not asked here"))
                                    : read_list_source(list);
  if (!source) {
    preview.problems.push_back({list.name, source.error(), true});
    state.from = "nothing";
    state.alarm = source.error();
  }
  const auto imported = import_into(compiler, list, source.value_or(ListSource{}), state);
  if (!imported) {
    preview.problems.push_back({list.name, imported.error()});
    state.alarm = imported.error();
  }
  if (const std::string doubt = doubt_of(state.counts, state.format); !doubt.empty()) {
    preview.problems.push_back({list.name, doubt});
    state.alarm = doubt;
  }
  if (const std::string warning = warning_of(state.counts); !warning.empty()) {
    preview.problems.push_back({list.name, warning});
  }
  preview.states.push_back(std::move(state));
}

}  // namespace

ListPreview preview_lists(Declarations declared, std::span<const ListEdit> edits) {
  ListPreview preview;
  policy::ListCompiler compiler(policy::ListCompiler::Removals::carried_out);
  for (const policy::ListDeclaration& list : declared) { import_into(compiler, list, preview); }
  add_edits(edits, declared, compiler);
  const auto compiled = compiler.finish("");
  if (!compiled) {
    preview.problems.push_back({"", "together they are larger than a compiled file can be"});
    preview.lists = std::make_shared<const policy::Lists>();
    return preview;
  }
  for (ListState& state : preview.states) { count_compiled(compiler, *compiled, state); }
  preview.lists = std::make_shared<const policy::Lists>(set_in_memory(compiled->octets), nullptr);
  return preview;
}

std::shared_ptr<const policy::ListSet> set_in_memory(std::string_view octets) {
  auto copy = std::make_shared<std::vector<std::uint64_t>>((octets.size() + 7) / 8);
  std::ranges::copy(octets, reinterpret_cast<char*>(copy->data()));
  const auto set = policy::ListSet::open({reinterpret_cast<const char*>(copy->data()), octets.size()}, copy);
  SLUICE_ASSERT(set.has_value(), "what was just compiled can be opened");
  return *set;
}

}  // namespace sluice::control
