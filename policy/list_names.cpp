#include "policy/list_names.hpp"

#include <algorithm>

#include "policy/nearest.hpp"

namespace sluice::policy {

ListNames::ListNames(std::span<const ListDeclaration> declared, const Lists& lists, Report& report)
    : declared_(declared), lists_(lists) {
  for (auto one = declared_.begin(); one != declared_.end(); ++one) {
    const auto same = std::ranges::find(declared_.begin(), one, one->name, &ListDeclaration::name);
    if (same == one) { continue; }
    report.error(one->at,
                 "the list `" + one->name + "` is declared on line " + std::to_string(same->at.line) + " already");
  }
}

bool ListNames::is_declared(std::string_view list) const noexcept {
  return std::ranges::find(declared_, list, &ListDeclaration::name) != declared_.end();
}

// Those that the lists in force have, and those that declarations give.
std::vector<std::string_view> ListNames::categories() const {
  std::vector<std::string_view> names;
  for (const ListTag& tag : lists_.tags()) {
    if (is_declared(tag.list)) { names.push_back(tag.category); }
  }
  for (const ListDeclaration& list : declared_) {
    if (!list.is_tree()) { names.push_back(list.category); }
  }
  return names;
}

// A tree whose categories are not known yet, because nothing of it is in force.
bool ListNames::is_waited_for() const {
  return std::ranges::any_of(declared_, [&](const ListDeclaration& list) {
    return list.is_tree() && std::ranges::find(lists_.tags(), list.name, &ListTag::list) == lists_.tags().end();
  });
}

std::vector<std::uint32_t> ListNames::tags_of(const ConditionSyntax& syntax, Report& report) const {
  const bool is_about_lists = syntax.subject == Subject::list;
  const auto known = categories();
  for (const NetName& name : syntax.list_names) {
    if (is_about_lists && !is_declared(name.name)) {
      std::vector<std::string_view> lists;
      for (const ListDeclaration& list : declared_) { lists.push_back(list.name); }
      const std::string hint = did_you_mean(name.name, lists);
      report.error(name.at, "unknown list `" + name.name + '`' +
                                (hint.empty() ? "; declare it with `list " + name.name + " FORMAT \"/path\"`" : hint));
    }
    const bool is_known = std::ranges::find(known, name.name) != known.end();
    if (!is_about_lists && !is_known && !is_waited_for()) {
      report.warning(name.at, "no list has the category `" + name.name + '`' + did_you_mean(name.name, known));
    }
  }
  std::vector<std::uint32_t> tags;
  for (std::uint32_t i = 0; i < lists_.tags().size(); ++i) {
    const ListTag& tag = lists_.tags()[i];
    const std::string& asked = is_about_lists ? tag.list : tag.category;
    const bool is_asked = std::ranges::find(syntax.list_names, asked, &NetName::name) != syntax.list_names.end();
    if (is_asked && is_declared(tag.list)) { tags.push_back(i); }
  }
  return tags;
}

}  // namespace sluice::policy
