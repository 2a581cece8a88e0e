#include "policy/lists/member_sets.hpp"

namespace sluice::policy {

MemberSetsWriter::MemberSetsWriter(SectionTexts& sections) : sections_(sections) {
  sections_.append(Section::set_ends, members_);
}

std::uint32_t MemberSetsWriter::number_of(std::span<const std::uint32_t> codes) {
  if (codes.empty()) { return 0; }
  if (codes.size() == 1) {
    if (singles_.size() <= codes[0]) { singles_.resize(codes[0] + 1); }
    std::uint32_t& number = singles_[codes[0]];
    if (number == 0) { number = append(codes); }
    return number;
  }
  const auto [other, is_new] =
      others_.try_emplace(std::string(reinterpret_cast<const char*>(codes.data()), codes.size_bytes()), 0);
  if (is_new) { other->second = append(codes); }
  return other->second;
}

std::uint32_t MemberSetsWriter::append(std::span<const std::uint32_t> codes) {
  for (const std::uint32_t code : codes) { sections_.append(Section::set_members, code); }
  members_ += static_cast<std::uint32_t>(codes.size());
  return sections_.append(Section::set_ends, members_);
}

}  // namespace sluice::policy
