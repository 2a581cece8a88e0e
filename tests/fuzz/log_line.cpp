#include <cstddef>
#include <cstdint>
#include <string>

#include "gateway/base/error.hpp"
#include "gateway/control/judge/logged_exchange.hpp"

// A line of the access log is read without fault, and gives facts that a policy can be asked with.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static sluice::control::LogReader reader;
  std::string text(reinterpret_cast<const char*>(data), size);
  text.append(sluice::control::LogReader::kPadding, '\0');
  const auto exchange = reader.read(std::string_view(text).substr(0, size));
  if (!exchange) { return 0; }
  SLUICE_ASSERT(exchange->time.time_since_epoch().count() != 0, "a line has a time");
  const auto facts = reader.facts_of(*exchange);
  if (facts) { SLUICE_ASSERT(facts->host && !facts->host->empty(), "a target has a host"); }
  return 0;
}
