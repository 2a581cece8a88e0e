#include "gateway/pipeline/content_blocks.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::pipeline {

namespace {

constexpr std::size_t kBlock = 64 * 1024;  // while the length is not known
constexpr std::size_t kLargestBlock = 1024 * 1024;

bool is_next(const cache::Segment& segment, const cache::Segment& before) {
  return before.owner == segment.owner && before.data + before.size == segment.data;
}

}  // namespace

std::shared_ptr<char[]> content_block(cache::ContentMemory* memory, std::size_t size) {
  if (memory != nullptr && size >= cache::ContentMemory::kSmallest) {
    if (auto block = memory->allocate(size)) { return block; }
  }
  return std::make_shared_for_overwrite<char[]>(size);
}

cache::Segment ContentBlocks::copy(std::string_view piece) {
  if (used_ == capacity_) { new_block(); }
  const auto size = std::min(piece.size(), capacity_ - used_);
  std::memcpy(block_.get() + used_, piece.data(), size);
  cache::Segment segment{block_, block_.get() + used_, size};
  used_ += size;
  total_ += size;
  return segment;
}

void ContentBlocks::new_block() {
  const auto rest = expected_ > total_ ? expected_ - total_ : kBlock;
  capacity_ = static_cast<std::size_t>(std::min<std::uint64_t>(rest, expected_ > 0 ? kLargestBlock : kBlock));
  block_ = content_block(memory_, capacity_);
  used_ = 0;
}

std::vector<cache::Segment> ContentBlocks::finished(std::vector<cache::Segment> copied) const {
  std::vector<cache::Segment> out;
  for (auto& segment : copied) {
    if (!out.empty() && is_next(segment, out.back())) {
      out.back().size += segment.size;
    } else {
      out.push_back(std::move(segment));
    }
  }
  out.shrink_to_fit();
  if (used_ * 4 >= capacity_ * 3 || out.empty()) { return out; }
  auto& last = out.back();
  const auto exact = content_block(memory_, last.size);
  std::memcpy(exact.get(), last.data, last.size);
  last.data = exact.get();
  last.owner = exact;
  return out;
}

}  // namespace sluice::pipeline
