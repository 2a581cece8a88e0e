#include "gateway/net/stream.hpp"

namespace sluice::net {

Task<Result<std::size_t>> Stream::read_some(std::span<char> into) {
  for (;;) {
    auto count = try_read(into);
    if (count) { co_return *count; }
    co_await until_readable(into);
  }
}

Task<Result<void>> Stream::write(std::string_view octets) {
  iovec piece{const_cast<char*>(octets.data()), octets.size()};
  co_return co_await write(std::span(&piece, 1), false);
}

}  // namespace sluice::net
