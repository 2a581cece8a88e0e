#include "policy/lists/import_lines.hpp"

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
  const auto added = compiler_.add_host(name, place(reach, effect));
  if (added) {
    count(effect);
    return true;
  }
  reject(because(added.error(), name));
  return false;
}

void ImportLines::path(std::string_view host, std::string_view path, Reach reach, Effect effect) {
  const auto added = compiler_.add_path(host, path, place(reach, effect));
  if (added) { return count(effect); }
  reject(because(added.error(), std::string(host) + std::string(path)));
}

void ImportLines::prefix(const Prefix& prefix, Effect effect) {
  compiler_.add_prefix(prefix, place(Reach::subtree, effect));
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
