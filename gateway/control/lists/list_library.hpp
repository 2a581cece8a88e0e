#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/control/lists/list_edits.hpp"
#include "gateway/control/lists/list_source.hpp"
#include "gateway/control/protocol/commands.hpp"
#include "policy/lists/list_compiler.hpp"
#include "policy/lists/list_set.hpp"

namespace sluice::control {

// The lists on disk: sources are read, compiled into one file in the state directory, and mapped from there. A copy of
// each source is kept, so that a list whose files are gone or look wrong stays as it was.
// Thread: one at a time. Cost: reads and writes files, and compiles; never on a worker.
class ListLibrary {
 public:
  struct Built {
    std::shared_ptr<const policy::ListSet> set;  // null when nothing is declared
    std::vector<ListState> lists;                // in the order of the declarations
    bool is_new = false;                         // not the set of the last build
    std::vector<std::string> notes;              // what went wrong without consequence
  };

  explicit ListLibrary(std::string directory) : directory_(std::move(directory)) {}

  // Nothing is compiled when the content of all sources is what the compiled file was made from.
  // `accept_changes`: whatever a list's guard says. Errors: the compiled file cannot be written or read back; what was
  // in force stays.
  // `edits`: are carried out in what is compiled.
  std::expected<Built, std::string> build(const std::vector<policy::ListDeclaration>& declared, bool accept_changes,
                                          const std::vector<ListEdit>& edits);

  // What the set that is in force is mapped from; "" without one.
  std::string file_in_force() const { return set_ == nullptr ? "" : compiled_file(); }

 private:
  // A list on its way: what it was read from and what is said about it.
  struct Work {
    const policy::ListDeclaration* list = nullptr;
    ListSource source;
    ListState state;
  };

  Work gather(const policy::ListDeclaration& list) const;
  void use_kept_copy(Work& work) const;
  bool is_in_force(const std::vector<Work>& works) const;
  std::optional<std::string> refusal(const Work& work) const;
  bool refuse_changes(std::vector<Work>& works) const;
  std::string origin_of(const std::vector<Work>& works) const;
  void read_origin();
  std::expected<void, std::string> compile(std::vector<Work>& works, bool accept_changes);
  std::expected<void, std::string> open_compiled();
  void keep_copies(const std::vector<Work>& works, std::vector<std::string>& notes) const;
  const ListState* known(const std::string& name) const;
  ListState shown(const Work& work) const;
  std::string compiled_file() const { return directory_ + "/compiled"; }
  std::string copy_file(const std::string& name) const { return directory_ + "/" + name + ".copy"; }

  std::string directory_;
  std::shared_ptr<const policy::ListSet> set_;
  std::vector<ListState> known_;  // of the set, as its file says
  std::string known_edits_;
  // Of the build that goes on.
  std::span<const policy::ListDeclaration> declared_;
  std::span<const ListEdit> edits_;
};

}  // namespace sluice::control
