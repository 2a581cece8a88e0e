#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/lists/entry.hpp"
#include "policy/lists/sections.hpp"

namespace sluice::policy {

// The different sets of memberships, each stored once: millions of names share a few hundred. Set 0 is empty.
// Sections: set_ends, where each set ends in set_members; set_members, the codes of each, ascending.
class MemberSets {
 public:
  MemberSets() = default;
  explicit MemberSets(const Sections& sections) noexcept
      : ends_(sections.records<std::uint32_t>(Section::set_ends)),
        members_(sections.records<Membership>(Section::set_members)) {}

  // Empty for a number that there is not.
  std::span<const Membership> operator[](std::uint32_t set) const noexcept {
    if (set == 0 || set >= ends_.size()) { return {}; }
    const std::uint32_t begin = ends_[set - 1];
    const std::uint32_t end = ends_[set];
    if (begin > end || end > members_.size()) { return {}; }
    return members_.subspan(begin, end - begin);
  }

 private:
  std::span<const std::uint32_t> ends_;
  std::span<const Membership> members_;
};
static_assert(sizeof(Membership) == sizeof(std::uint32_t));

// Numbers sets in the order in which they are first asked for.
class MemberSetsWriter {
 public:
  explicit MemberSetsWriter(SectionTexts& sections);

  // REQUIRES: ascending codes, none twice.
  std::uint32_t number_of(std::span<const std::uint32_t> codes);

 private:
  std::uint32_t append(std::span<const std::uint32_t> codes);

  SectionTexts& sections_;
  std::vector<std::uint32_t> singles_;  // of the set that holds this code alone; 0 when there is none yet
  std::unordered_map<std::string, std::uint32_t> others_;
  std::uint32_t members_ = 0;
};

}  // namespace sluice::policy
