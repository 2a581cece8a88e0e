// URLs to redirect to: whatever is found good makes a URI of any request, one that leads where the text says.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/redirect.hpp"

namespace {

using namespace sluice::policy;

void require(bool holds) {
  if (!holds) { std::abort(); }
}

}  // namespace

// The first line is the URL, the rest what the client sent as its path.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view url = input.substr(0, input.find('\n'));
  const std::string_view path = input.substr(std::min(input.size(), url.size() + 1));
  if (!redirect_error(url).empty()) { return 0; }
  const Redirect redirect{302, std::string(url)};
  const std::string request = "http://www.example.com" + std::string(path);
  const std::string location = location_of(redirect, {request, "www.example.com", path, "r-1"});
  for (const char c : location) { require(c > ' ' && c < '\x7f' && c != '"' && c != '<' && c != '>' && c != '{'); }
  const RedirectTarget target = target_of(redirect);
  require(target.port != 0);
  require(location.starts_with(std::string(target.scheme) + "://"));
  // Nothing of the request gets into the authority.
  const std::string authority = location.substr(0, location.find_first_of("/?#", location.find("://") + 3));
  require(target.host.has_value() || authority.find("://www.example.com") != std::string::npos);
  require(authority.find('@') == std::string::npos);
  return 0;
}
