#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "cache/store.hpp"
#include "cache/vary.hpp"

namespace sluice::cache::test {

using Lines = std::vector<std::pair<std::string, std::string>>;

// Field lines with storage; `fields()` views them.
class Request {
 public:
  Request() = default;
  Request(std::string name, std::string value) : Request(Lines{{std::move(name), std::move(value)}}) {}
  explicit Request(const Lines& lines) {
    std::vector<Field> views;
    for (const auto& [name, value] : lines) { views.push_back({name, value, field_name(name)}); }
    owned_ = OwnedFields(views);
  }
  Fields fields() const { return owned_.fields(); }

 private:
  OwnedFields owned_;
};

inline Segment segment(std::string_view octets) {
  std::shared_ptr<char[]> memory(new char[octets.size() + 1]);
  octets.copy(memory.get(), octets.size());
  const char* data = memory.get();
  return {std::move(memory), data, octets.size()};
}

// A head as the gateway would store it for `request`.
inline StoredHead make_head(std::string key, std::uint64_t content_length, const Lines& fields = {},
                            const Request& request = {}, std::int64_t time = 1'700'000'000) {
  StoredHead head;
  head.key = std::move(key);
  head.status = 200;
  head.fields = OwnedFields(Request(fields).fields());
  head.request_time = UnixTime{Seconds{time}};
  head.response_time = UnixTime{Seconds{time + 1}};
  head.content_length = content_length;
  head.origin_address = "192.0.2.7";
  const auto names = vary_names(head.fields.fields());
  head.variant = names.names.empty() ? "" : variant_key(names, request.fields());
  head.seal();
  return head;
}

inline StoredResponsePtr make_response(std::string key, std::string_view content, const Lines& fields = {},
                                       const Request& request = {}, std::int64_t time = 1'700'000'000) {
  auto response = std::make_shared<StoredResponse>();
  response->head = make_head(std::move(key), content.size(), fields, request, time);
  if (!content.empty()) { response->segments.push_back(segment(content)); }
  return response;
}

// A part of `whole`, of the representation that this entity tag names.
inline StoredResponsePtr make_part(std::string key, std::string_view whole, ByteRange range, std::string_view tag,
                                   std::int64_t time = 1'700'000'000) {
  auto part = std::make_shared<StoredResponse>();
  part->head = make_head(std::move(key), whole.size(), {{"ETag", "\"" + std::string(tag) + "\""}}, {}, time);
  part->segments.push_back(segment(whole.substr(range.first, range.size())));
  part->present = Spans(range);
  return part;
}

// All content, read piece by piece as a client would get it; "<error>" when a piece fails.
inline std::string content_of(Store& store, const StoredResponse& response) {
  std::string content;
  while (content.size() < response.head.content_length) {
    auto piece = store.read(response, content.size());
    if (!piece) { return "<" + std::string(to_string(piece.error())) + ">"; }
    content.append(piece->view());
  }
  return content;
}

// A range of content, read piece by piece; "<error>" when a piece fails.
inline std::string read_range(Store& store, const StoredResponse& response, ByteRange range) {
  std::string content;
  while (content.size() < range.size()) {
    auto piece = store.read(response, range.first + content.size());
    if (!piece) { return "<" + std::string(to_string(piece.error())) + ">"; }
    content.append(piece->view());
  }
  return content.substr(0, range.size());
}

// Octets that differ from one seed to the next and from one place to the next.
inline std::string pattern(std::size_t size, std::uint64_t seed) {
  std::string octets(size, '\0');
  std::uint64_t state = seed * 0x9E3779B97F4A7C15 + 1;
  for (auto& octet : octets) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    octet = static_cast<char>(state);
  }
  return octets;
}

// A directory that goes away with the test, and what was set aside next to it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    // In memory where there is room, because each flush waits for the disk.
    std::error_code error;
    const auto memory = std::filesystem::space("/dev/shm", error);
    const bool has_room = !error && memory.available > (256ULL << 20);
    const auto parent = has_room ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    std::string name = (parent / "sluice-store-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string path(std::string_view name = "cache") const { return (root_ / name).string(); }

 private:
  std::filesystem::path root_;
};

// While it lives no file of this process grows: each write fails, as on a full disk.
class FullDisk {
 public:
  FullDisk() : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace sluice::cache::test
