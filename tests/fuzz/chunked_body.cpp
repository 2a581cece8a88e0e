#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.hpp"
#include "gateway/http/chunked.hpp"

// Chunked content decodes to the same octets, trailers and end in whatever pieces it arrives.

namespace {

using namespace sluice;

struct Outcome {
  std::string content;
  std::string trailers;
  std::size_t consumed = 0;  // when done
  bool done = false;
  bool failed = false;

  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view input, std::size_t step) {
  http::ChunkedDecoder decoder(Side::client, {64, 256, 512});
  Outcome out;
  std::size_t at = 0;
  while (!decoder.is_done() && at < input.size()) {
    const auto piece = input.substr(at, step);
    const auto taken = decoder.next(piece);
    if (!taken) {
      out.failed = true;
      return out;
    }
    SLUICE_ASSERT(taken->consumed > 0 && taken->consumed <= piece.size(), "every call with input goes on");
    SLUICE_ASSERT(taken->content.size() <= taken->consumed, "content is part of what was consumed");
    at += taken->consumed;
    out.content += taken->content;
  }
  out.done = decoder.is_done();
  out.consumed = out.done ? at : 0;
  out.trailers = out.done ? decoder.trailers() : std::string_view();
  SLUICE_ASSERT(decoder.trailers().size() <= 512 + 2, "trailers are bounded");
  std::string safe;
  http::append_safe_trailers(out.trailers, safe);
  SLUICE_ASSERT(safe.size() <= out.trailers.size(), "trailers are dropped, not made");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto whole = decode(input, std::max<std::size_t>(size, 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{7}}) {
    const auto pieces = decode(input, step);
    SLUICE_ASSERT(pieces.failed == whole.failed, "refusal does not depend on how the octets arrive");
    SLUICE_ASSERT(whole.failed || pieces == whole, "content does not depend on how the octets arrive");
  }
  return 0;
}
