#pragma once

#include <span>
#include <string>
#include <vector>

#include "policy/list_declaration.hpp"
#include "policy/lists/lists.hpp"
#include "policy/report.hpp"
#include "policy/syntax.hpp"

namespace sluice::policy {

// What the names behind `list` and `category` stand for: tags of the lists that the text declares.
// Lifetime: of one compilation; all arguments must outlive it.
class ListNames {
 public:
  // Reports lists that are declared twice.
  ListNames(std::span<const ListDeclaration> declared, const Lists& lists, Report& report);

  // Tags of these lists, or of these categories of any declared list. A list that nobody declares is an error. A
  // category that no list has is a warning: it may come with the next copy of a list, and go again.
  std::vector<std::uint32_t> tags_of(const ConditionSyntax& syntax, Report& report) const;

 private:
  bool is_declared(std::string_view list) const noexcept;
  std::vector<std::string_view> categories() const;
  bool is_waited_for() const;

  std::span<const ListDeclaration> declared_;
  const Lists& lists_;
};

}  // namespace sluice::policy
