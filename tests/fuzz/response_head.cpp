#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.hpp"
#include "gateway/http/forwarded_fields.hpp"
#include "gateway/http/head.hpp"

// A response head that the parser accepts is sent on as one whole head whose framing is what the writer was told.

namespace {

using namespace sluice;

void check_forwarded(const http::ResponseHead& response, http::Method method) {
  http::ResponseOptions options;
  options.via_name = "fuzz";
  options.date = "Thu, 01 Jan 1970 00:00:00 GMT";
  options.framing = response.framing == http::Framing::until_close ? http::Framing::chunked : response.framing;
  options.content_length = response.content_length;
  options.to_head = method == http::Method::head;
  options.to_connect = method == http::Method::connect;
  std::string out;
  http::write_response_head(response, options, out);
  std::size_t scanned = 0;
  SLUICE_ASSERT(http::find_head_end(out, scanned) == out.size(), "what is sent on is one head");
  http::ResponseHead again;
  http::HeadLimits limits{2 * out.size() + 1024, 2 * out.size() + 1024, 1000};
  SLUICE_ASSERT(http::parse_response_head(out, limits, method, again), "what is sent on is well-formed");
  SLUICE_ASSERT(again.framing == options.framing, "the framing is what was told");
  SLUICE_ASSERT(again.status == response.status && again.reason == response.reason, "the status stays");
  SLUICE_ASSERT(again.keep_alive, "nothing of the upstream's connection is passed on");
}

}  // namespace

// The first octet chooses the request's method; the rest is the head.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) { return 0; }
  const auto method = data[0] == 'H' ? http::Method::head : data[0] == 'C' ? http::Method::connect : http::Method::get;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::size_t scanned = 0;
  const auto end = http::find_head_end(input, scanned);
  http::ResponseHead response;
  if (!http::parse_response_head(end > 0 ? input.substr(0, end) : input, {}, method, response)) { return 0; }
  SLUICE_ASSERT(end > 0, "an accepted head has an end");
  SLUICE_ASSERT(response.framing != http::Framing::until_close || !response.keep_alive,
                "content until close ends the connection");
  check_forwarded(response, method);
  return 0;
}
