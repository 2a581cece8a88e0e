#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/task.hpp"
#include "gateway/control/list_fetch.hpp"
#include "policy/list_declaration.hpp"

namespace sluice::control {

// The lists that are declared with a URL, each kept in a file that is read like any other list's: fetched when a list
// is new, when its time has come, and when somebody asks. What cannot be fetched stays as it is in its file. Thread:
// the main thread. Lifetime: its coroutines end with the context.
class ListFetcher {
 public:
  explicit ListFetcher(std::string directory) : directory_(std::move(directory)) {}
  ~ListFetcher();

  // REQUIRES: ahead of the first fetch; the context is run by this thread.
  void start(asio::io_context& context, FetchOptions options);
  // Another file of authorities from the next fetch on.
  void trust(std::string file);

  // The same declaration, with the file in which a list from a URL lies in place of the URL.
  policy::ListDeclaration local(const policy::ListDeclaration& list) const;

  // Fetches those of the lists that are due, all of them when `must_all`, and calls `done` when the last has ended.
  void fetch(const std::vector<policy::ListDeclaration>& declared, bool must_all, std::function<void()> done);
  bool is_fetching() const noexcept { return running_ > 0; }
  bool is_any_due(const std::vector<policy::ListDeclaration>& declared) const;

  // Why what a list's file has is not what its URL has; "" when it is.
  std::string alarm(const policy::ListDeclaration& list) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct State {
    std::string url;
    std::string alarm;
    Clock::time_point due{};  // for the first time at once
  };

  static Task<> run(ListFetcher* fetcher, std::shared_ptr<bool> is_alive, std::shared_ptr<FetchServices> services,
                    policy::ListDeclaration list, std::shared_ptr<std::function<void()>> done);
  static Task<> tick(std::shared_ptr<FetchServices> services);
  void begin(const policy::ListDeclaration& list, std::shared_ptr<std::function<void()>> done);
  void end(const policy::ListDeclaration& list, std::expected<FetchedList, std::string> fetched);
  State& state_of(const policy::ListDeclaration& list);
  bool is_due(const policy::ListDeclaration& list) const;
  std::optional<ListValidators> kept(const policy::ListDeclaration& list) const;  // nullopt: nothing from its URL
  std::expected<void, std::string> keep(const policy::ListDeclaration& list, const FetchedList& fetched) const;
  std::string content_file(const std::string& name) const { return directory_ + "/" + name + ".fetched"; }
  std::string validators_file(const std::string& name) const { return directory_ + "/" + name + ".validators"; }

  std::string directory_;
  std::shared_ptr<FetchServices> services_;  // null ahead of start()
  std::map<std::string, State> states_;
  int running_ = 0;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::control
