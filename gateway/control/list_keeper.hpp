#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/task.hpp"
#include "gateway/base/thread_pool.hpp"
#include "gateway/control/list_fetcher.hpp"
#include "gateway/control/lists/list_edits.hpp"
#include "gateway/control/lists/list_library.hpp"
#include "gateway/control/lists/list_preview.hpp"
#include "policy/lists/lists.hpp"

namespace sluice::control {

// The lists that the policy in force declares: built on a thread of their own when the declarations or the files
// change, when their time has come and when somebody asks, and handed over when they are ready. Until then, and when a
// build fails, the lists from before stay in force. Thread: the main thread, but for the building.
class ListKeeper {
 public:
  // Puts lists in force.
  using Publish = std::function<void(std::shared_ptr<const policy::Lists>)>;

  explicit ListKeeper(std::string directory);
  ~ListKeeper();

  // The first lists, built here and now, so that nothing is judged without them. What fails is said and shown.
  std::shared_ptr<const policy::Lists> load(const std::vector<policy::ListDeclaration>& declared);

  // From now on builds go on their own thread. REQUIRES: once, after load(); the context is run by this thread.
  void start(asio::io_context& context, FetchOptions options, Publish publish);
  // See ListFetcher::trust. REQUIRES: started.
  void trust(std::string file) { fetcher_.trust(std::move(file)); }

  // Lists that a text declares which is not in force, read here and now.
  std::shared_ptr<const policy::Lists> preview(const std::vector<policy::ListDeclaration>& declared);
  // "NAME: why" of those that are not as their files say, or have none.
  std::vector<ListProblem> problems(const std::vector<policy::ListDeclaration>& declared);
  // What the policy in force declares now. What preview() gave for it is in force, shown and edited until it is built.
  void declare(const std::vector<policy::ListDeclaration>& declared);
  // URLs are asked first, then everything is built again.
  ListsUpdate update(bool accept_changes);
  // One entry put in or taken out: kept in a file, in force when it returns, and part of the compiled file at the next
  // build, which follows when no more edits come. Errors: not_found, bad_request, failed.
  Answer<ListsEdited> edit(const ListsEditArguments& arguments, bool is_removal);

  ListsShow show() const;
  ListsStatus status() const;
  // What the compiled lists in force are mapped from; "" without any.
  std::string compiled_file() const { return file_in_force_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Result {
    std::expected<ListLibrary::Built, std::string> built;
    double milliseconds = 0;
  };

  static Task<> watch(ListKeeper* keeper, std::shared_ptr<bool> is_alive);
  static Result build(ListLibrary& library, const std::vector<policy::ListDeclaration>& declared, bool accept_changes,
                      const std::vector<ListEdit>& edits);
  void ask_for_build();
  void fetch_and_build();
  void fetched();
  void begin_build();
  void end_build(Result result, std::size_t edits);
  void publish();
  Answer<std::string> category_of(const ListsEditArguments& arguments) const;
  void look_at_files();
  bool is_due(Clock::time_point now) const;
  std::uint64_t signature() const;
  std::vector<policy::ListDeclaration> local(const std::vector<policy::ListDeclaration>& declared) const;
  ListState shown(ListState state) const;
  std::vector<std::string> edits_of(const ListState& state) const;
  std::vector<ListProblem> alarms() const;

  struct Preview {
    std::vector<policy::ListDeclaration> declared;
    std::size_t edits = 0;  // that it has
    ListPreview made;
  };

  ListLibrary library_;
  ListFetcher fetcher_;
  ListEdits edits_;
  std::size_t compiled_edits_ = 0;  // how many of them are in the compiled set
  std::shared_ptr<const policy::ListSet> compiled_;
  std::string file_in_force_;
  std::optional<Preview> preview_;
  std::vector<policy::ListDeclaration> declared_;
  std::vector<policy::ListDeclaration> built_;  // what the last build that began was asked for
  std::shared_ptr<const policy::Lists> lists_;
  ListsShow shown_;
  std::uint64_t seen_ = 0;       // signature of the files as they were last built
  std::uint64_t last_look_ = 0;  // the one before: files that still change are left alone
  Clock::time_point edited_at_{};
  Clock::time_point built_at_{};  // when the last build began
  bool is_building_ = false;
  bool accept_next_ = false;
  bool fetch_again_ = false;  // when what is being fetched has ended
  asio::io_context* context_ = nullptr;
  Publish publish_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
  std::unique_ptr<ThreadPool> pool_;  // the last member: its thread ends first
};

}  // namespace sluice::control
