#include "gateway/control/lists/list_edits.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "gateway/base/error.hpp"
#include "gateway/base/file.hpp"
#include "gateway/control/lists/list_preview.hpp"
#include "policy/lists/normal_entry.hpp"

namespace sluice::control {
namespace {

using policy::EntryPlace;
using policy::ListCompiler;

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::optional<ListEdit> edit_of(std::string_view line) {
  const std::string_view verb = take_word(line);
  ListEdit edit{.is_removal = verb == "remove", .list = {}, .category = {}, .entry = {}};
  edit.list = take_word(line);
  edit.category = take_word(line);
  edit.entry = line;
  const bool is_good = (verb == "add" || verb == "remove") && !edit.category.empty() && !edit.entry.empty();
  return is_good ? std::optional(edit) : std::nullopt;
}

std::string wrong(const ListEdit& edit, std::string_view why) {
  return "`" + edit.entry + "`: " + std::string(why);
}

std::expected<void, std::string> add_host(const ListEdit& edit, const EntryPlace& place, ListCompiler& compiler) {
  std::string_view name = edit.entry;
  if (name.starts_with("*.")) { name.remove_prefix(2); }
  const std::size_t slash = name.find('/');
  const auto added = slash == name.npos ? compiler.add_host(name, place)
                                        : compiler.add_path(name.substr(0, slash), name.substr(slash), place);
  if (!added) { return std::unexpected(wrong(edit, policy::to_string(added.error()))); }
  return {};
}

}  // namespace

std::string ListEdit::text() const {
  return std::string(is_removal ? "remove " : "add ") + list + " " + category + " " + entry + "\n";
}

std::expected<std::vector<ListEdit>, int> read_edits(std::string_view text) {
  std::vector<ListEdit> edits;
  // A line without its end is not whole.
  text = text.substr(0, text.rfind('\n') + 1);
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    auto edit = edit_of(text.substr(0, end));
    if (!edit) { return std::unexpected(line); }
    edits.push_back(std::move(*edit));
    text.remove_prefix(end + 1);
  }
  return edits;
}

std::expected<void, std::string> ListEdits::load() {
  edits_.clear();
  failure_.clear();
  const auto text = read_file(file_);
  if (!text && text.error() == std::errc::no_such_file_or_directory) { return {}; }
  if (!text) {
    failure_ = file_ + ": " + text.error().message();
  } else if (auto edits = read_edits(*text)) {
    edits_ = std::move(*edits);
  } else {
    failure_ = file_ + ": line " + std::to_string(edits.error()) + " is no edit";
  }
  if (failure_.empty()) { return {}; }
  return std::unexpected(failure_);
}

std::expected<void, std::string> ListEdits::append(const ListEdit& edit) {
  if (!failure_.empty()) { return std::unexpected(failure_ + "; mend or remove it, and restart"); }
  if (edits_.size() >= kMost) {
    return std::unexpected(file_ + ": more than 10000 edits; make a list of your own of them");
  }
  std::string text;
  for (const ListEdit& known : edits_) { text += known.text(); }
  std::error_code failed;  // said by the file that cannot be written then
  std::filesystem::create_directories(std::filesystem::path(file_).parent_path(), failed);
  const auto written = replace_file(file_, text + edit.text());
  if (!written) { return std::unexpected(file_ + ": " + written.error().message()); }
  edits_.push_back(edit);
  return {};
}

std::string normal_text(const ListEdit& edit, policy::ListFormat format) {
  if (format == policy::ListFormat::addresses) {
    const auto prefix = policy::Prefix::parse(edit.entry);
    return prefix ? prefix->text() : edit.entry;
  }
  return policy::normal_entry(edit.entry).value_or(edit.entry);
}

std::expected<void, std::string> add_edit(const ListEdit& edit, Declarations declared, ListCompiler& compiler) {
  const auto list = std::ranges::find(declared, edit.list, &policy::ListDeclaration::name);
  const auto& tags = compiler.tags();
  const auto tag = std::ranges::find_if(
      tags, [&](const policy::ListTag& known) { return known.list == edit.list && known.category == edit.category; });
  if (list == declared.end() || tag == tags.end()) {
    return std::unexpected("there is no category `" + edit.category + "` in the list `" + edit.list + "`");
  }
  const EntryPlace place{.tag = static_cast<std::uint32_t>(tag - tags.begin()),
                         .effect = edit.is_removal ? policy::Effect::removes : policy::Effect::holds};
  if (list->format != policy::ListFormat::addresses) { return add_host(edit, place, compiler); }
  const auto prefix = policy::Prefix::parse(edit.entry);
  if (!prefix) { return std::unexpected(wrong(edit, "no address or prefix")); }
  compiler.add_prefix(*prefix, place);
  return {};
}

void add_edits(std::span<const ListEdit> edits, Declarations declared, ListCompiler& compiler) {
  std::set<std::string> seen;
  for (std::size_t i = edits.size(); i-- > 0;) {
    const ListEdit& edit = edits[i];
    const auto list = std::ranges::find(declared, edit.list, &policy::ListDeclaration::name);
    if (list == declared.end()) { continue; }
    const bool is_last = seen.insert(edit.list + " " + edit.category + " " + normal_text(edit, list->format)).second;
    if (is_last) { (void)add_edit(edit, declared, compiler); }
  }
}

std::shared_ptr<const policy::ListSet> edits_in_front_of(const policy::ListSet& compiled, Declarations declared,
                                                         std::span<const ListEdit> edits) {
  if (edits.empty()) { return nullptr; }
  ListCompiler compiler;
  for (const policy::ListTag& tag : compiled.tags()) { (void)compiler.add_tag(tag); }
  add_edits(edits, declared, compiler);
  const auto made = compiler.finish("");
  SLUICE_ASSERT(made.has_value(), "ten thousand entries are not too large for a set");
  return set_in_memory(made->octets);
}

}  // namespace sluice::control
