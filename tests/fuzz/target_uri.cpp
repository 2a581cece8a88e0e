#include "gateway/http/target_uri.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.hpp"
#include "gateway/http/forwarded_fields.hpp"
#include "policy/address.hpp"

// A normalised target is a fixed point: parsing its own text gives the same target. An address is always recognised as
// one.

namespace {

using namespace sluice;

http::RequestHead request_for(std::string_view target, std::string_view host, http::Method method) {
  http::RequestHead head;
  head.method = method;
  head.target = target;
  head.fields.push_back({"Host", host, http::FieldName::host});
  return head;
}

bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check(const http::TargetUri& target, http::Method method) {
  SLUICE_ASSERT(is_inside(target.host, target.text) && !target.host.empty(), "the host is part of the text");
  SLUICE_ASSERT(target.port != 0, "there is a port");
  SLUICE_ASSERT(std::none_of(target.text.begin(), target.text.end(), [](char c) { return c <= ' ' || c >= 0x7f; }),
                "plain octets");
  SLUICE_ASSERT(std::none_of(target.host.begin(), target.host.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
                "lower case");
  const auto address = policy::Address::parse(target.host);
  SLUICE_ASSERT(address == target.site.address, "an address is known as one");
  SLUICE_ASSERT(!address || address->text() == target.host, "an address has its canonical text");
  http::TargetUri again;
  const auto authority = std::string(http::authority_of(target));
  SLUICE_ASSERT(http::parse_proxy_target(request_for(target.text, authority, method), again), "the text is a target");
  SLUICE_ASSERT(again.text == target.text && again.host == target.host && again.port == target.port, "normalised once");
  SLUICE_ASSERT(again.path_and_query == target.path_and_query, "the path stays");
}

}  // namespace

// The first octet chooses the method; then the target, and behind a line feed the Host field.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) { return 0; }
  const auto method = data[0] == 'C'   ? http::Method::connect
                      : data[0] == 'O' ? http::Method::options
                                       : http::Method::get;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto line_feed = input.find('\n');
  auto request =
      request_for(input.substr(0, line_feed), line_feed == input.npos ? "" : input.substr(line_feed + 1), method);
  if (line_feed == input.npos) { request.fields.clear(); }
  http::TargetUri target;
  if (http::parse_proxy_target(request, target)) {
    check(target, method);
    const auto text = target.text;
    SLUICE_ASSERT(http::parse_proxy_target(request, target) && target.text == text, "what is known of a site is true");
  }
  if (http::parse_origin_target(request, "https", target)) {
    SLUICE_ASSERT(!target.host.empty(), "a target has a host");
  }
  return 0;
}
