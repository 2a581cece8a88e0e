#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "cache/content_memory.hpp"
#include "cache/stored_response.hpp"

namespace sluice::pipeline {

// A block for content of that size: of the content memory, which may be null, when it is large.
std::shared_ptr<char[]> content_block(cache::ContentMemory* memory, std::size_t size);

// Copies content into blocks of its own, which become the segments of a stored response. Large blocks are of the
// content memory where there is one, so that they can be sent without another copy.
class ContentBlocks {
 public:
  // `expected`: octets of content when the length is known, else 0. `memory` may be null.
  ContentBlocks(cache::ContentMemory* memory, std::uint64_t expected) : memory_(memory), expected_(expected) {}

  // The copied front of `piece`, as much as the block has room for.
  cache::Segment copy(std::string_view piece);

  // From now on blocks are small: what was copied is not kept.
  void pass_on() { expected_ = 0; }

  // What was copied, ready to be stored: one segment a block, and no room left in the last one.
  std::vector<cache::Segment> finished(std::vector<cache::Segment> copied) const;

 private:
  void new_block();

  cache::ContentMemory* memory_;
  std::uint64_t expected_;
  std::uint64_t total_ = 0;
  std::shared_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
};

}  // namespace sluice::pipeline
