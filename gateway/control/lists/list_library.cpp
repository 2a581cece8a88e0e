#include "gateway/control/lists/list_library.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "gateway/base/file.hpp"
#include "gateway/base/mapped_file.hpp"
#include "gateway/control/lists/list_counts.hpp"
#include "gateway/control/lists/list_import.hpp"
#include "policy/lists/hash.hpp"
#include "policy/lists/list_compiler.hpp"

namespace sluice::control {
namespace {

using policy::ListCompiler;

// Without a guard of its own a list may not lose more than half of its entries: a file that was cut looks so.
constexpr unsigned kGuardOfAll = 50;

// What is said of each list: a file whose reports say less is made again.
constexpr int kReport = 2;

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return static_cast<const char*>(text);
}

// What was compiled is the same when these are: how the list is declared, and its content.
std::string stamp_of(const policy::ListDeclaration& list, const ListSource& source) {
  return std::string(to_string(list.format)) + " " + list.category + " " + hex(source.hash());
}

std::string stamp_of(std::span<const ListEdit> edits) {
  std::string text;
  for (const ListEdit& edit : edits) { text += edit.text(); }
  return hex(policy::hash_of(text));
}

}  // namespace

const ListState* ListLibrary::known(const std::string& name) const {
  const auto found = std::ranges::find(known_, name, &ListState::name);
  return found == known_.end() ? nullptr : &*found;
}

ListLibrary::Work ListLibrary::gather(const policy::ListDeclaration& list) const {
  Work work{.list = &list, .source = {}, .state = state_of(list)};
  auto source = read_list_source(list);
  if (source) {
    work.source = std::move(*source);
    work.state.stamp = stamp_of(list, work.source);
  } else {
    work.state.alarm = source.error();
    use_kept_copy(work);
  }
  return work;
}

void ListLibrary::use_kept_copy(Work& work) const {
  const auto text = read_file(copy_file(work.list->name));
  auto copy = text ? read_kept_copy(*text) : std::nullopt;
  work.state.from = copy ? "kept copy" : "nothing";
  work.source = copy ? std::move(*copy) : ListSource{};
  work.state.stamp = stamp_of(*work.list, work.source);
}

bool ListLibrary::is_in_force(const std::vector<Work>& works) const {
  return set_ != nullptr && known_edits_ == stamp_of(edits_) &&
         std::ranges::equal(works, known_, [](const Work& work, const ListState& state) {
           return work.state.name == state.name && work.state.stamp == state.stamp;
         });
}

// REQUIRES: its counts are those of its source.
std::optional<std::string> ListLibrary::refusal(const Work& work) const {
  const ListState* const before = known(work.list->name);
  if (before == nullptr || work.state.from != "file" || before->stamp == work.state.stamp) { return std::nullopt; }
  const bool is_growth = work.state.counts.entries > before->counts.entries;
  if (work.list->guard == 0 && is_growth) { return std::nullopt; }
  return policy::change_refused(before->counts.entries, work.state.counts.entries,
                                work.list->guard == 0 ? kGuardOfAll : work.list->guard);
}

// True when a list looked wrong and its kept copy takes its place.
bool ListLibrary::refuse_changes(std::vector<Work>& works) const {
  bool is_any = false;
  for (Work& work : works) {
    const auto why = refusal(work);
    if (!why) { continue; }
    is_any = true;
    work.state.alarm = work.list->path + ": " + *why + "; the copy from before stays in force";
    use_kept_copy(work);
  }
  return is_any;
}

std::expected<void, std::string> ListLibrary::compile(std::vector<Work>& works, bool accept_changes) {
  ListCompiler compiler(ListCompiler::Removals::carried_out);
  for (Work& work : works) {
    const auto imported = import_into(compiler, *work.list, work.source, work.state);
    if (!imported) { work.state.alarm = imported.error(); }
  }
  if (!accept_changes && refuse_changes(works)) {
    // What a refused list gave is in the compiler already: once more, with the copies.
    return is_in_force(works) ? std::expected<void, std::string>() : compile(works, true);
  }
  add_edits(edits_, declared_, compiler);
  const auto compiled = compiler.finish([&](const ListCompiler::Compiled& so_far) {
    for (Work& work : works) { count_compiled(compiler, so_far, work.state); }
    return origin_of(works);
  });
  if (!compiled) { return std::unexpected("the lists together are larger than a compiled file can be"); }
  const auto written = replace_file(compiled_file(), compiled->octets);
  if (!written) { return std::unexpected(compiled_file() + ": " + written.error().message()); }
  return open_compiled();
}

// Counts and stamps of what was compiled, for the next start. Alarms are of the moment and stay out.
std::string ListLibrary::origin_of(const std::vector<Work>& works) const {
  std::vector<ListState> states;
  for (const Work& work : works) {
    states.push_back(work.state);
    states.back().alarm.clear();
    states.back().from.clear();
  }
  const Json origin{{"report", kReport}, {"lists", states}, {"edits", stamp_of(edits_)}};
  return origin.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void ListLibrary::read_origin() {
  known_.clear();
  known_edits_.clear();
  const Json origin = Json::parse(set_->origin(), nullptr, false);
  if (origin.is_discarded()) { return; }
  try {
    if (origin.at("report").get<int>() != kReport) { return; }
    known_ = origin.at("lists").get<std::vector<ListState>>();
    known_edits_ = origin.at("edits").get<std::string>();
  } catch (const Json::exception&) {
    known_.clear();  // written by another version: everything is compiled again
  }
}

std::expected<void, std::string> ListLibrary::open_compiled() {
  const auto file = MappedFile::open(compiled_file());
  if (!file) { return std::unexpected(compiled_file() + ": " + file.error().message()); }
  const auto set = policy::ListSet::open((*file)->octets(), *file);
  if (!set) { return std::unexpected(compiled_file() + ": " + std::string(policy::to_string(set.error()))); }
  (*set)->prepare();
  set_ = *set;
  read_origin();
  return {};
}

// The copies are those of what is in force; one that cannot be written costs nothing but the copy.
void ListLibrary::keep_copies(const std::vector<Work>& works, std::vector<std::string>& notes) const {
  for (const Work& work : works) {
    if (work.state.from != "file") { continue; }
    const auto written = replace_file(copy_file(work.list->name), kept_copy(work.source));
    if (!written) { notes.push_back(copy_file(work.list->name) + ": " + written.error().message()); }
  }
}

std::expected<ListLibrary::Built, std::string> ListLibrary::build(const std::vector<policy::ListDeclaration>& declared,
                                                                  bool accept_changes,
                                                                  const std::vector<ListEdit>& edits) {
  Built built;
  declared_ = declared;
  edits_ = edits;
  if (declared.empty()) {
    built.is_new = set_ != nullptr;
    set_ = nullptr;
    known_.clear();
    return built;
  }
  std::error_code failed;
  std::filesystem::create_directories(directory_, failed);
  if (set_ == nullptr && std::filesystem::exists(compiled_file(), failed)) {
    if (const auto opened = open_compiled(); !opened) {
      built.notes.push_back(opened.error() + "; it is compiled again");
    }
    built.is_new = set_ != nullptr;
  }
  std::vector<Work> works;
  for (const policy::ListDeclaration& list : declared) { works.push_back(gather(list)); }
  const auto before = set_;
  if (!is_in_force(works)) {
    const auto compiled = compile(works, accept_changes);
    if (!compiled) { return std::unexpected(compiled.error()); }
  }
  if (set_ != before) {
    built.is_new = true;
    keep_copies(works, built.notes);
  }
  for (const Work& work : works) { built.lists.push_back(shown(work)); }
  built.set = set_;
  return built;
}

// What was counted when it was compiled, which may have been long ago.
ListState ListLibrary::shown(const Work& work) const {
  ListState state = work.state;
  if (const ListState* const compiled = known(work.list->name)) {
    state.counts = compiled->counts;
    state.categories = compiled->categories;
  }
  if (state.alarm.empty()) { state.alarm = doubt_of(state.counts, state.format); }
  return state;
}

}  // namespace sluice::control
