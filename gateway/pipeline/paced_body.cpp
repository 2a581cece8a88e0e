#include "gateway/pipeline/paced_body.hpp"

namespace sluice::pipeline {

std::string_view PacedBody::take(std::size_t octets) noexcept {
  const auto piece = held_.substr(0, octets);
  held_.remove_prefix(octets);
  pace_.take(octets);
  return piece;
}

std::optional<Result<std::string_view>> PacedBody::ready() {
  if (held_.empty()) {
    const auto piece = source_.ready();
    if (!piece || !*piece || (*piece)->empty()) { return piece; }
    held_ = **piece;
  }
  const auto allowed = pace_.allow(held_.size(), std::chrono::steady_clock::now());
  if (allowed == 0) { return std::nullopt; }
  return take(allowed);
}

Task<Result<std::string_view>> PacedBody::next() {
  if (held_.empty()) {
    const auto piece = co_await source_.next();
    if (!piece || piece->empty()) { co_return piece; }
    held_ = *piece;
  }
  const auto allowed = co_await net::wait_for_allowance(pace_, client_, held_.size());
  if (!allowed) { co_return std::unexpected(allowed.error()); }
  co_return take(*allowed);
}

}  // namespace sluice::pipeline
