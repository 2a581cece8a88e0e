#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "gateway/base/task.hpp"

namespace sluice {

// How other threads reach a worker: its io_context has no locks of its own. A posted function runs on the worker.
// Thread: post() from any; the rest from the worker. Lifetime: the worker's; functions still waiting when it is
// destroyed are destroyed without being run.
class Mailbox {
 public:
  using Function = std::move_only_function<void()>;

  explicit Mailbox(asio::io_context& context);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void post(Function function);
  Task<> run();  // delivers until close()
  void close();  // ends run(); whatever is posted from now on is dropped. REQUIRED before the io_context goes

 private:
  void drain();

  int event_;  // eventfd; owned by descriptor_
  // Goes at close(), because the mailbox outlives the io_context: others may still post.
  std::optional<asio::posix::basic_stream_descriptor<Executor>> descriptor_;
  std::mutex mutex_;
  std::vector<Function> waiting_;
  std::vector<Function> running_;
  bool closed_ = false;
};

}  // namespace sluice
