#include "tools/sluice/log_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/descriptor.hpp"
#include "gateway/control/judge/logged_exchange.hpp"

namespace sluice::cli {

namespace {

constexpr std::size_t kRead = 4 << 20;

std::unexpected<control::Error> unreadable(const std::string& file) {
  const int code = errno;
  const bool is_permission = code == EACCES;
  return std::unexpected(cli::unreadable("the access log " + file, code,
                                         is_permission ? "sudo sluice ..." : "sluice policy replay --help"));
}

// Where to begin, so that the first line is whole or is passed over.
std::uint64_t beginning(int file, std::uint64_t last) {
  struct stat status{};
  if (last == 0 || ::fstat(file, &status) != 0) { return 0; }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  return size > last ? size - last : 0;
}

}  // namespace

control::Answer<std::vector<std::string>> log_files(const Context& context, std::vector<std::string> named) {
  if (!named.empty()) { return named; }
  const auto status = ask<control::Status>(context, control::command::kStatus);
  if (!status) { return std::unexpected(status.error()); }
  if (status->log.format != "json" || status->log.file.empty() || status->log.file == "-") {
    return std::unexpected(
        usage_error("the daemon writes no access log in JSON to a file (log.format " + status->log.format + ")",
                    "sluice policy replay FILE --log LOGFILE"));
  }
  return std::vector<std::string>{status->log.file};
}

control::Answer<void> read_lines(const std::string& file, std::uint64_t last,
                                 const std::function<bool(std::string_view lines)>& take) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.is_open()) { return unreadable(file); }
  const auto begin = beginning(descriptor.number(), last);
  if (::lseek(descriptor.number(), static_cast<off_t>(begin), SEEK_SET) < 0 && begin > 0) { return unreadable(file); }
  bool is_in_a_line = begin > 0;
  std::string buffer;
  std::size_t used = 0;
  for (;;) {
    if (buffer.size() < used + kRead + control::LogReader::kPadding) {
      buffer.resize(used + kRead + control::LogReader::kPadding);
    }
    const auto count = ::read(descriptor.number(), buffer.data() + used, kRead);
    if (count < 0 && errno == EINTR) { continue; }
    if (count < 0) { return unreadable(file); }
    used += static_cast<std::size_t>(count);
    const std::string_view here(buffer.data(), used);
    // A line that is being written is left out.
    const auto end = here.rfind('\n') + 1;
    auto lines = here.substr(0, end);
    if (is_in_a_line && !lines.empty()) {
      lines.remove_prefix(lines.find('\n') + 1);
      is_in_a_line = false;
    }
    if (!lines.empty() && !take(lines)) { return {}; }
    if (count == 0) { return {}; }
    buffer.erase(0, end);
    used -= end;
  }
}

}  // namespace sluice::cli
