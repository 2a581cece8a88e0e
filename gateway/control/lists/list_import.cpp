#include "gateway/control/lists/list_import.hpp"

#include "gateway/control/lists/list_counts.hpp"
#include "policy/lists/import.hpp"

namespace sluice::control {
namespace {

using policy::ListCompiler;

std::expected<std::uint32_t, std::string> add_category(ListCompiler& compiler, const policy::ListDeclaration& list,
                                                       const std::string& category, policy::ListFormat format,
                                                       ListState& state) {
  const auto tag = compiler.add_tag({list.name, category, policy::has_final_exceptions(format)});
  if (!tag) { return std::unexpected("more categories than can be numbered"); }
  if (state.categories.empty() || state.categories.back() != category) { state.categories.push_back(category); }
  return *tag;
}

}  // namespace

ListState state_of(const policy::ListDeclaration& list) {
  ListState state;
  state.name = list.name;
  state.format = to_string(list.format);
  state.path = list.path;
  state.refresh = list.refresh;
  state.guard = list.guard;
  state.from = "file";
  return state;
}

std::expected<void, std::string> import_into(ListCompiler& compiler, const policy::ListDeclaration& list,
                                             const ListSource& source, ListState& state) {
  state.counts = {};
  state.categories.clear();
  for (const ListSource::Part& part : source.parts) {
    const auto tag = add_category(compiler, list, part.category, part.format, state);
    if (!tag) { return std::unexpected(tag.error()); }
    add_report(policy::import_list(part.format, part.text, *tag, compiler), part.file, state.counts);
  }
  if (!source.parts.empty() || list.is_tree()) { return {}; }
  const auto tag = add_category(compiler, list, list.category, list.format, state);
  if (!tag) { return std::unexpected(tag.error()); }
  return {};
}

void count_compiled(const ListCompiler& compiler, const ListCompiler::Compiled& compiled, ListState& state) {
  add_counts(compiler.counts(state.name), state.counts);
  for (const policy::ExpressionEntry& refused : compiled.refused) {
    if (compiler.tags()[policy::Membership(refused.member).tag()].list != state.name) { continue; }
    ++state.counts.rejected;
    state.counts.rejections.push_back({"", refused.line, "no memory is left for more expressions"});
  }
}

}  // namespace sluice::control
