#include "gateway/record/access_log.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::record {
namespace {

constexpr std::size_t kLargestQueue = 16U << 20;
constexpr std::chrono::seconds kRetryInterval{1};      // between two attempts to open the file again
constexpr std::chrono::milliseconds kLastWords{1000};  // how long a full pipe may hold up the end of the process

using Clock = std::chrono::steady_clock;

std::uint64_t count_lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// O_NONBLOCK: a named pipe without a reader must not stop the thread for ever; a regular file does not care.
int open_log(const std::string& file) {
  return ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

// Signals are the main thread's business, and SIGPIPE from a closed standard output must end no process.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

// Three groups: what never changes, what the mutex guards, and what only the thread touches.
struct AccessLog::State {
  explicit State(const Options& wanted) : options(wanted), is_standard_output(wanted.file == "-") {
    descriptor = is_standard_output ? STDOUT_FILENO : open_log(options.file);
    if (descriptor < 0) { throw std::system_error(errno, std::generic_category(), "access log " + options.file); }
    look_at_descriptor();
  }
  ~State() { close_descriptor(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void run();
  bool wait_for_work(std::vector<std::string>& batch, bool& reopen);
  void write_batch(const std::vector<std::string>& batch);
  void write_lines(std::string_view lines);
  bool write_octets(std::string_view& octets);
  bool may_write();
  void reopen_file();
  void reopen_if_vanished();
  void look_at_descriptor();
  void close_descriptor();

  const Options options;
  const bool is_standard_output;
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<bool> stopping{false};

  std::mutex mutex;
  std::condition_variable work;
  std::vector<std::string> queue;
  std::size_t queued = 0;  // octets not written yet, the batch in the thread's hands included
  bool must_reopen = false;

  int descriptor = -1;
  bool is_regular = false;
  bool is_torn = false;        // the last write stopped inside a line
  bool reopen_failed = false;  // the descriptor is the old one, or none
  Clock::time_point next_look{};
  Clock::time_point give_up = Clock::time_point::max();
  std::thread thread;
};

void AccessLog::State::run() {
  block_signals();
  std::vector<std::string> batch;
  bool reopen = false;
  while (wait_for_work(batch, reopen)) {
    reopen_if_vanished();
    write_batch(batch);
    batch.clear();
    if (reopen) { reopen_file(); }
  }
}

// Everything that waits, at once. False at the end, when nothing is left.
bool AccessLog::State::wait_for_work(std::vector<std::string>& batch, bool& reopen) {
  std::unique_lock lock(mutex);
  work.wait(lock, [this] { return stopping || must_reopen || !queue.empty(); });
  batch.swap(queue);
  reopen = std::exchange(must_reopen, false);
  return reopen || !batch.empty() || !stopping;
}

void AccessLog::State::write_batch(const std::vector<std::string>& batch) {
  for (const std::string& lines : batch) {
    write_lines(lines);
    const std::lock_guard lock(mutex);
    queued -= lines.size();
  }
}

// What cannot be written is dropped at once: the next lines try again, so the log recovers when the disk does.
void AccessLog::State::write_lines(std::string_view lines) {
  if (is_torn) {
    std::string_view end_of_torn_line = "\n";
    if (!write_octets(end_of_torn_line)) {
      dropped += count_lines(lines);
      return;
    }
    is_torn = false;
  }
  std::string_view rest = lines;
  if (write_octets(rest)) { return; }
  dropped += count_lines(rest);
  is_torn = rest.size() < lines.size() && lines[lines.size() - rest.size() - 1] != '\n';
}

// Writes all of `octets`, or leaves in it what could not be written and returns false.
bool AccessLog::State::write_octets(std::string_view& octets) {
  while (!octets.empty()) {
    if (!may_write()) { return false; }
    // poll(2) promises PIPE_BUF octets of a pipe, no more.
    const std::size_t size = is_regular ? octets.size() : std::min<std::size_t>(octets.size(), PIPE_BUF);
    const ssize_t written = ::write(descriptor, octets.data(), size);
    if (written > 0) {
      octets.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || (errno != EINTR && errno != EAGAIN)) {
      return false;
    }
  }
  return true;
}

// Waits until a pipe or terminal takes octets. At the end of the process it does so only for a moment.
bool AccessLog::State::may_write() {
  if (descriptor < 0) { return false; }
  if (is_regular) { return true; }
  while (true) {
    pollfd wanted{descriptor, POLLOUT, 0};
    if (::poll(&wanted, 1, 50) > 0) { return true; }
    if (!stopping) { continue; }
    if (give_up == Clock::time_point::max()) { give_up = Clock::now() + kLastWords; }
    if (Clock::now() >= give_up) { return false; }
  }
}

// A failure keeps the old descriptor: lines in a file that was moved away are better than none.
void AccessLog::State::reopen_file() {
  if (is_standard_output) { return; }
  const int fresh = open_log(options.file);
  reopen_failed = fresh < 0;
  if (reopen_failed) { return; }
  close_descriptor();
  descriptor = fresh;
  is_torn = false;
  look_at_descriptor();
}

// Someone removed the file without a word: what is written to it now could never be read. Looked at once a second.
void AccessLog::State::reopen_if_vanished() {
  if (is_standard_output || Clock::now() < next_look) { return; }
  next_look = Clock::now() + kRetryInterval;
  struct stat status{};
  const bool is_linked = ::fstat(descriptor, &status) == 0 && status.st_nlink > 0;
  if (!is_linked || reopen_failed) { reopen_file(); }
}

void AccessLog::State::look_at_descriptor() {
  struct stat status{};
  is_regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

void AccessLog::State::close_descriptor() {
  if (!is_standard_output && descriptor >= 0) { ::close(descriptor); }
  descriptor = -1;
}

AccessLog::AccessLog(const Options& options) : state_(nullptr) {
  auto state = std::make_unique<State>(options);
  state->thread = std::thread([raw = state.get()] { raw->run(); });
  state_ = state.release();
}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->work.notify_one();
  state_->thread.join();
  delete state_;
}

LogFormat AccessLog::format() const noexcept {
  return state_->options.format;
}

void AccessLog::write(std::string lines) {
  if (lines.empty()) { return; }
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->queued + lines.size() > kLargestQueue) {
      state_->dropped += count_lines(lines);
      return;
    }
    state_->queued += lines.size();
    state_->queue.push_back(std::move(lines));
  }
  state_->work.notify_one();
}

void AccessLog::reopen() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->must_reopen = true;
  }
  state_->work.notify_one();
}

std::uint64_t AccessLog::dropped() const noexcept {
  return state_->dropped;
}

}  // namespace sluice::record
