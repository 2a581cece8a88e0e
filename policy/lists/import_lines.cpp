#include "policy/lists/import_lines.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

std::string because(NameError error, std::string_view text) {
  return '`' + std::string(text.substr(0, 80)) + "`: " + std::string(to_string(error));
}

}  // namespace

std::string_view ImportLines::trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) { text.remove_prefix(1); }
  while (!text.empty() && is_blank(text.back())) { text.remove_suffix(1); }
  return text;
}

std::string_view ImportLines::take_word(std::string_view& text) noexcept {
  text = trimmed(text);
  std::size_t end = 0;
  while (end < text.size() && !is_blank(text[end])) { ++end; }
  const std::string_view word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

void ImportLines::count(Effect effect) {
  ++report_.entries;
  if (effect == Effect::excepts) { ++report_.exceptions; }
}

bool ImportLines::host(std::string_view name, Reach reach, Effect effect) {
  NameBuffer buffer;
  if (const auto normal = normal_name(name, buffer)) {
    compiler_.add_name(*normal, place(reach, effect));
    if (reach != Reach::exact) { look_whether_wide(*normal); }
  } else if (const auto added = compiler_.add_host(name, place(reach, effect)); !added) {
    reject(because(added.error(), name));
    return false;
  }
  count(effect);
  return true;
}

void ImportLines::look_whether_wide(std::string_view name) {
  constexpr std::ptrdiff_t kMostDots = 3;  // of public suffixes, next to all
  const auto dots = std::ranges::count(name, '.');
  std::optional<Wide> wide;
  if (dots == 0) {
    wide = wide_label(name);
  } else if (dots <= kMostDots && compiler_.may_ask_for_suffix(tag_)) {
    wide = wide_suffix(name);
  }
  if (wide) { say_wide(*wide, name); }
}

void ImportLines::say_wide(Wide wide, std::string_view entry) {
  ++report_.wide;
  if (report_.wide_entries.size() < ImportReport::kMostWide) {
    report_.wide_entries.push_back({line_, '`' + std::string(entry) + "` " + std::string(to_string(wide))});
  }
}

void ImportLines::path(std::string_view host, std::string_view path, Reach reach, Effect effect) {
  const auto added = compiler_.add_path(host, path, place(reach, effect));
  if (added) { return count(effect); }
  reject(because(added.error(), std::string(host) + std::string(path)));
}

void ImportLines::prefix(const Prefix& prefix, Effect effect) {
  compiler_.add_prefix(prefix, place(Reach::subtree, effect));
  if (const auto wide = wide_prefix(prefix)) { say_wide(*wide, prefix.text()); }
  count(effect);
}

bool ImportLines::expression(std::string_view expression, Effect effect) {
  const auto added = compiler_.add_expression(expression, place(Reach::subtree, effect));
  if (added) {
    count(effect);
    return true;
  }
  reject(added.error());
  return false;
}

void ImportLines::reject(std::string reason) {
  ++report_.rejected;
  if (report_.rejections.size() < ImportReport::kMostRejections) {
    report_.rejections.push_back({line_, std::move(reason)});
  }
}

}  // namespace sluice::policy
