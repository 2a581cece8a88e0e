#include "gateway/upstream/connector.hpp"

#include "gateway/upstream/happy_eyeballs.hpp"

namespace sluice::upstream {

namespace {

constexpr milliseconds kAttemptDelay{250};  // RFC 8305 8: Connection Attempt Delay

}  // namespace

Task<Result<ConnectionPtr>> Connector::connect(const std::string& host, std::uint16_t port, const Judge& judge,
                                               const ConnectOptions& options) {
  std::vector<policy::Address> addresses;
  if (const auto literal = policy::Address::parse(host)) {
    addresses.push_back(*literal);
  } else {
    const auto resolved = co_await resolver_.resolve(host);
    if (!resolved) { co_return std::unexpected(resolved.error()); }
    addresses = (*resolved)->addresses;
  }
  std::erase_if(addresses, [&](const policy::Address& address) { return !judge(address); });
  if (addresses.empty()) { co_return fail(ErrorKind::destination_ip_prohibited, Side::gateway, "judging addresses"); }
  auto connected = co_await connect_race(context_, std::move(addresses), port, kAttemptDelay, options.limit);
  if (!connected) { co_return std::unexpected(connected.error()); }
  co_return std::make_unique<Connection>(std::move(connected->socket), wheel_, metrics_, connected->address, port);
}

}  // namespace sluice::upstream
