#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cache/fields.hpp"

namespace sluice::cache {

// What the Connection lines of one message name, read once (RFC 9110 7.6.1). For whoever asks about every field of a
// message: is_connection_specific(field, all) reads Connection again each time.
// Lifetime: views the message. Cost: nothing is allocated when only fields of FieldName, "close" or "keep-alive" are
// named; otherwise n log n in the number of names, whatever the message holds.
class ConnectionOptions {
 public:
  explicit ConnectionOptions(Fields all);

  bool is_connection_specific(const Field& field) const noexcept;

 private:
  void add(std::string_view option);

  std::uint64_t known_ = 0;               // one bit a FieldName
  std::vector<std::string_view> others_;  // sorted without regard to case
};

// Fields that are of this hop by their nature, named in Connection or not.
bool is_hop_field(const Field& field) noexcept;

}  // namespace sluice::cache
