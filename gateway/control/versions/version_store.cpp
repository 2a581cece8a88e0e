#include "gateway/control/versions/version_store.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "gateway/base/file.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKept = 1000;

// "418" for v418; nullopt for any other file.
std::optional<std::uint64_t> number_of(const std::string& name) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
  if (read.ec != std::errc() || read.ptr != name.data() + name.size() || number == 0) { return std::nullopt; }
  return number;
}

// Ascending. Errors: the system's.
std::expected<std::vector<std::uint64_t>, std::error_code> numbers_in(const std::string& directory) {
  std::vector<std::uint64_t> numbers;
  std::error_code failed;
  for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end; entry.increment(failed)) {
    if (const auto number = number_of(entry->path().filename().string())) { numbers.push_back(*number); }
  }
  if (failed) { return std::unexpected(failed); }
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace

std::uint64_t VersionStore::latest_in(const std::string& directory) {
  const auto numbers = numbers_in(directory);
  return numbers && !numbers->empty() ? numbers->back() : 0;
}

std::expected<void, std::error_code> VersionStore::open() {
  std::error_code failed;
  fs::create_directories(directory_, failed);
  if (failed) { return std::unexpected(failed); }
  auto numbers = numbers_in(directory_);
  if (!numbers) { return std::unexpected(numbers.error()); }
  numbers_ = std::move(*numbers);
  return {};
}

std::string VersionStore::path_of(std::uint64_t number) const {
  return directory_ + '/' + std::to_string(number);
}

std::expected<PolicyVersion, std::string> VersionStore::read(std::uint64_t number) const {
  if (!std::ranges::binary_search(numbers_, number)) {
    return std::unexpected("there is no version v" + std::to_string(number) + "; v" +
                           std::to_string(numbers_.empty() ? 0 : numbers_.front()) + " to v" +
                           std::to_string(latest()) + " are kept");
  }
  const auto record = read_file(path_of(number));
  if (!record) { return std::unexpected(path_of(number) + ": " + record.error().message()); }
  auto version = decode_version(*record);
  if (!version) { return std::unexpected(path_of(number) + ": " + version.error()); }
  return version;
}

std::expected<void, std::error_code> VersionStore::begin(PolicyVersion version) {
  std::error_code failed;  // the directory may have been taken away; what is wrong with it is said by the file
  fs::create_directories(directory_, failed);
  // Of a damaged version the hash is not known; the chain begins anew behind it.
  const auto last = numbers_.empty() ? std::unexpected(std::string()) : read(latest());
  version.previous = last ? last->hash : std::string();
  return replace_file(pending_path(), encode(version));
}

std::expected<void, std::error_code> VersionStore::commit(std::uint64_t number) {
  std::error_code failed;
  fs::rename(pending_path(), path_of(number), failed);
  if (failed) { return std::unexpected(failed); }
  numbers_.push_back(number);
  drop_oldest();
  return {};
}

void VersionStore::abandon() {
  std::error_code ignored;  // what is left is taken for what it is at the next start
  fs::remove(pending_path(), ignored);
}

std::optional<PolicyVersion> VersionStore::pending() const {
  const auto record = read_file(pending_path());
  if (!record) { return std::nullopt; }
  auto version = decode_version(*record);
  if (!version) { return std::nullopt; }
  return *std::move(version);
}

void VersionStore::drop_oldest() {
  while (numbers_.size() > kKept) {
    std::error_code ignored;  // one that stays costs its place on disk
    fs::remove(path_of(numbers_.front()), ignored);
    numbers_.erase(numbers_.begin());
  }
}

}  // namespace sluice::control
