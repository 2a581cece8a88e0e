#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::simulator {

// One request of a trace. Keys are numbers below RequestTrace::keys.
struct TraceRequest {
  std::uint32_t key = 0;
  std::uint32_t size = 0;  // octets of the response, at least 1
};

// What is replayed. A key has one size throughout, the one that came with it first, so that every policy, those that
// know the future included, is asked the same.
struct RequestTrace {
  std::string name;
  std::vector<TraceRequest> requests;
  std::uint32_t keys = 0;

  std::uint64_t distinct_octets() const;   // of all keys
  std::uint64_t requested_octets() const;  // of all requests
};

// Numbers keys and gives each the size that came with it first.
class TraceBuilder {
 public:
  explicit TraceBuilder(std::string name) { trace_.name = std::move(name); }

  void add(std::string_view key, std::uint64_t size);
  bool has(std::string_view key) const { return numbers_.contains(key); }
  void add_known(std::string_view key);  // REQUIRES: has(key)
  RequestTrace take() { return std::move(trace_); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };

  RequestTrace trace_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::uint32_t> sizes_;
};

}  // namespace sluice::simulator
