#include "gateway/control/log_tail.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::control {
namespace {

constexpr std::size_t kStepBack = 64 * 1024;
constexpr std::size_t kMostAtOnce = 1U << 20;  // longer than any line: what has no end within it is given as it is

Error no_log(std::string message) {
  return {ErrorCode::failed, std::move(message), "sluice config show", {}};
}

std::unexpected<std::error_code> system_failure() {
  return std::unexpected(std::error_code(errno, std::system_category()));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Where the last `lines` lines of a text that ends with a line feed begin; nothing when it holds fewer.
std::size_t start_of_last(std::string_view text, std::uint64_t lines) {
  std::size_t start = text.size();
  for (std::uint64_t i = 0; i < lines; ++i) {
    if (start < 2) { return std::string_view::npos; }
    const std::size_t end = text.rfind('\n', start - 2);
    if (end == std::string_view::npos) { return end; }
    start = end + 1;
  }
  return start;
}

}  // namespace

Answer<std::string> log_file_of(const Daemon& daemon) {
  if (daemon.log()->format() == record::LogFormat::none) {
    return std::unexpected(no_log("no access log is written: log.format is none"));
  }
  auto file = daemon.log_file();
  if (file == "-") {
    return std::unexpected(no_log("the access log goes to the daemon's standard output, not to a file"));
  }
  return file;
}

LogTail::~LogTail() {
  if (descriptor_ >= 0) { ::close(descriptor_); }
}

std::expected<void, std::error_code> LogTail::open() {
  // O_NONBLOCK: a named pipe in place of the file must not hold up the daemon.
  const int opened = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (opened < 0) { return system_failure(); }
  if (descriptor_ >= 0) { ::close(descriptor_); }
  descriptor_ = opened;
  position_ = 0;
  return {};
}

std::expected<std::string, std::error_code> LogTail::read_at(std::uint64_t offset, std::size_t size) const {
  std::string text(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const auto count = ::pread(descriptor_, text.data() + filled, size - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) { continue; }
    if (count < 0) { return system_failure(); }
    if (count == 0) { break; }
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
}

std::uint64_t LogTail::size() const noexcept {
  struct stat status{};
  return ::fstat(descriptor_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::expected<std::vector<std::string>, std::error_code> LogTail::last(std::uint64_t lines) {
  lines = std::min(lines, kMostLines);
  const std::uint64_t end = size();
  std::uint64_t begin = end;
  std::string text;
  std::size_t start = std::string_view::npos;
  while (begin > 0 && text.size() < kFarthestBack) {
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(begin, std::max(kStepBack, text.size())));
    auto piece = read_at(begin - step, step);
    if (!piece) { return std::unexpected(piece.error()); }
    if (piece->size() < step) { break; }  // it was emptied meanwhile
    begin -= step;
    text.insert(0, *piece);
    const std::size_t whole = text.rfind('\n');
    start = whole == std::string::npos ? whole : start_of_last(std::string_view(text).substr(0, whole + 1), lines);
    if (start != std::string::npos) { break; }
  }
  const std::size_t whole = text.rfind('\n');
  if (whole == std::string::npos) {
    position_ = begin;
    return std::vector<std::string>{};
  }
  position_ = begin + whole + 1;
  // Fewer lines than asked for: all of the file, or all that may be read; the first line of that may be cut.
  if (start == std::string::npos) { start = begin == 0 ? 0 : text.find('\n') + 1; }
  return lines_of(std::string_view(text).substr(start, whole + 1 - start));
}

bool LogTail::is_replaced() const noexcept {
  struct stat ours{};
  struct stat named{};
  if (::fstat(descriptor_, &ours) != 0 || ::stat(file_.c_str(), &named) != 0) { return false; }
  return ours.st_dev != named.st_dev || ours.st_ino != named.st_ino;
}

std::expected<std::vector<std::string>, std::error_code> LogTail::next() {
  // Looked at ahead of reading: what was written before the file was replaced is then read for certain.
  const bool replaced = is_replaced();
  if (size() < position_) { position_ = 0; }
  const auto text = read_at(position_, kMostAtOnce);
  if (!text) { return std::unexpected(text.error()); }
  const std::size_t end = text->rfind('\n');
  const bool is_endless = end == std::string::npos && text->size() == kMostAtOnce;
  const std::size_t whole = is_endless ? text->size() : end + 1;  // npos + 1 is 0
  position_ += whole;
  if (whole > 0 || !replaced) { return lines_of(std::string_view(*text).substr(0, whole)); }
  if (const auto opened = open(); !opened && opened.error() != std::errc::no_such_file_or_directory) {
    return std::unexpected(opened.error());
  }
  return std::vector<std::string>{};
}

}  // namespace sluice::control
