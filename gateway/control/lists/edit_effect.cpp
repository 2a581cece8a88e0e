#include "gateway/control/lists/edit_effect.hpp"

#include <algorithm>
#include <optional>

#include "policy/lists/normal_entry.hpp"

namespace sluice::control {
namespace {

using policy::ListHit;

// An entry as it was written by hand, found in the lists.
struct Found {
  std::string text;  // as ListSet::describe() has it
  policy::ListHits hits;
};

std::optional<Found> find_prefix(const std::string& entry, const policy::Lists& lists) {
  const auto prefix = policy::Prefix::parse(entry);
  if (!prefix) { return std::nullopt; }
  Found found{prefix->text(), {}};
  lists.find_destination(prefix->address(), found.hits);
  return found;
}

std::optional<Found> find_host(std::string_view entry, const policy::Lists& lists) {
  const auto normal = policy::normal_entry(entry);
  if (!normal) { return std::nullopt; }
  Found found{*normal, {}};
  const auto slash = normal->find('/');
  lists.find_host(normal->substr(0, slash), found.hits);
  if (slash != std::string::npos) { lists.find_url("http://" + *normal, found.hits); }
  return found;
}

// Whether nothing is added to what the hit says. An address has nothing below it.
bool covers(const ListHit& hit, const std::string& entry, const std::string& text) {
  if (hit.kind != ListHit::Kind::prefix) { return hit.membership.reach() == policy::Reach::subtree; }
  const auto found = policy::Prefix::parse(entry);
  const auto wanted = policy::Prefix::parse(text);
  return found && wanted && found->bits() <= wanted->bits();
}

std::string place_of(const policy::ListEntryText& entry) {
  return entry.line == 0 ? " (put in by hand)" : " (line " + std::to_string(entry.line) + ")";
}

}  // namespace

std::string why_without_effect(const ListEdit& edit, policy::ListFormat format, const policy::Lists& lists) {
  const auto found =
      format == policy::ListFormat::addresses ? find_prefix(edit.entry, lists) : find_host(edit.entry, lists);
  if (!found) { return {}; }
  const std::string list = "the list `" + edit.list + "`";
  std::string above;  // the entry that it is in by, although it is not one itself
  for (const ListHit& hit : found->hits.hits) {
    const auto entry = hit.set->describe(hit);
    const bool is_here = entry.list == edit.list && entry.category == edit.category &&
                         hit.membership.effect() == policy::Effect::holds && hit.kind != ListHit::Kind::expression;
    if (!is_here) { continue; }
    const bool is_same = entry.entry == found->text;
    if (edit.is_removal && is_same) { return {}; }
    if (!edit.is_removal && covers(hit, entry.entry, found->text)) {
      return "`" + found->text + "` is in " + list + " already" + (is_same ? "" : " by `" + entry.entry + "`") +
             place_of(entry);
    }
    above = " by itself, but by `" + entry.entry + "`" + place_of(entry);
  }
  return edit.is_removal ? "`" + found->text + "` is not in " + list + above : "";
}

}  // namespace sluice::control
