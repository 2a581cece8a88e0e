#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.hpp"
#include "gateway/http/forwarded_fields.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/target_uri.hpp"

// A request head that the parser accepts is read the same way however it arrives, and what is sent on for it is again
// one whole head with the same framing: no input makes two parsers in a row disagree.

namespace {

using namespace sluice;

std::size_t find_end_in_steps(std::string_view input) {
  std::size_t scanned = 0;
  for (std::size_t size = 0; size < input.size();) {
    size = std::min(size + 1 + size / 4, input.size());
    if (const auto end = http::find_head_end(input.substr(0, size), scanned)) { return end; }
  }
  return 0;
}

void check_forwarded(const http::RequestHead& request, const http::TargetUri& target) {
  http::ForwardOptions options;
  options.via_name = "fuzz";
  options.client_address = "192.0.2.1";
  options.forwarded = http::ClientAddressField::add;
  std::string out;
  const auto left = http::max_forwards(request);
  if (left && *left == 0) { return; }
  http::write_request_head(request, target, options, out);
  std::size_t scanned = 0;
  SLUICE_ASSERT(http::find_head_end(out, scanned) == out.size(), "what is sent on is one head");
  http::RequestHead again;
  http::HeadLimits limits{2 * out.size() + 1024, 2 * out.size() + 1024, 1000};
  SLUICE_ASSERT(http::parse_request_head(out, limits, again), "what is sent on is well-formed");
  SLUICE_ASSERT(again.framing == request.framing && again.content_length == request.content_length,
                "the framing stays");
  SLUICE_ASSERT(again.method_text == request.method_text && again.wants_upgrade == request.wants_upgrade,
                "the meaning stays");
  SLUICE_ASSERT(http::passed_through(again.fields, "fuzz"), "we recognise ourselves");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::size_t scanned = 0;
  const auto end = http::find_head_end(input, scanned);
  SLUICE_ASSERT(end == find_end_in_steps(input), "the end does not depend on how the octets arrive");
  http::RequestHead request;
  const auto parsed = http::parse_request_head(end > 0 ? input.substr(0, end) : input, {}, request);
  if (!parsed) {
    SLUICE_ASSERT(parsed.error().code >= 400 && parsed.error().code <= 505, "a refusal has a status");
    return 0;
  }
  SLUICE_ASSERT(end > 0, "an accepted head has an end");
  http::TargetUri target;
  if (http::parse_proxy_target(request, target)) { check_forwarded(request, target); }
  return 0;
}
