#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace sluice {

// A file's octets, mapped into memory, read-only; all of it is read once when it is opened.
// REQUIRES: nobody cuts the file off or writes to it meanwhile: it is replaced by renaming another one over it. A file
// that has been replaced or removed stays as it was for whoever has it open.
class MappedFile {
 public:
  static std::expected<std::shared_ptr<const MappedFile>, std::error_code> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view octets() const noexcept { return {static_cast<const char*>(data_), size_}; }

 private:
  MappedFile(void* data, std::size_t size) noexcept : data_(data), size_(size) {}

  void* data_;  // null when the file is empty
  std::size_t size_;
};

}  // namespace sluice
